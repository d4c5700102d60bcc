/** Virtual machines: their records, their lifecycle, what runs now. */
@NullMarked
package banger.daemon.vm;

import org.jspecify.annotations.NullMarked;
