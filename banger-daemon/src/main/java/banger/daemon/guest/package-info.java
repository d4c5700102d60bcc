/**
 * The guest channel, host side: control lines, multiplexed streams, the agent's requests.
 * {@code docs/protocol.md} is the contract. Whatever comes from a guest is untrusted and bounded.
 */
@NullMarked
package banger.daemon.guest;

import org.jspecify.annotations.NullMarked;
