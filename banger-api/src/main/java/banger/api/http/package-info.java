/**
 * HTTP/1.1 over any pair of byte streams: the daemon's socket, the guest channel, a VMM's API socket.
 * One small codec instead of three libraries; {@code docs/adr/0002-own-http-codec.md} has the reasons.
 */
@NullMarked
package banger.api.http;

import org.jspecify.annotations.NullMarked;
