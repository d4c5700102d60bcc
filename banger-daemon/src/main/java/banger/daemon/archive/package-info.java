/** Archive formats written by hand because the reader at the other end is small and strict. */
@NullMarked
package banger.daemon.archive;

import org.jspecify.annotations.NullMarked;
