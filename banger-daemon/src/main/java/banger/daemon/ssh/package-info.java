/** Keys made on the host: the user's, and one host key for each VM. */
@NullMarked
package banger.daemon.ssh;

import org.jspecify.annotations.NullMarked;
