/**
 * The user-mode network: a private namespace, the helper that works in it, and pasta for those who may
 * leave. All three are started through the shim, outlive the daemon, and are found again by the next one.
 */
@NullMarked
package banger.daemon.net;

import org.jspecify.annotations.NullMarked;
