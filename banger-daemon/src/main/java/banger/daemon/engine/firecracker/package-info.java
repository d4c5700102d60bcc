/** Firecracker as an engine: its API, its vsock sockets, its versions, and the machines it runs. */
@NullMarked
package banger.daemon.engine.firecracker;

import org.jspecify.annotations.NullMarked;
