/** What a VM was at a moment: its disks, and its memory when it ran. */
@NullMarked
package banger.daemon.snapshot;

import org.jspecify.annotations.NullMarked;
