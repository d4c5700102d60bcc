/**
 * The network helper: a short, closed list of network primitives, executed as uid 0 of a private
 * network namespace with nothing but CAP_NET_ADMIN. {@code docs/protocol.md} has its conversation.
 */
@NullMarked
package banger.net;

import org.jspecify.annotations.NullMarked;
