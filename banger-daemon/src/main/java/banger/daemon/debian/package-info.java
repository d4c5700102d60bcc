/** Debian's mirror: where it is, whose signatures count, and apt with nothing of the host's own set-up. */
@NullMarked
package banger.daemon.debian;

import org.jspecify.annotations.NullMarked;
