/** The daemon's HTTP server on the owner's Unix socket: connections, routing, streaming operations. */
@NullMarked
package banger.daemon.http;

import org.jspecify.annotations.NullMarked;
