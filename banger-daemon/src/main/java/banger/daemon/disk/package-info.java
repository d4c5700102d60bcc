/** The disks of a VM: blank file systems, made in milliseconds without starting a program. */
@NullMarked
package banger.daemon.disk;

import org.jspecify.annotations.NullMarked;
