/** Key pairs made on the host, in OpenSSH's formats. */
@NullMarked
package banger.daemon.ssh;

import org.jspecify.annotations.NullMarked;
