/** Making large immutable things once and trusting them later: staging, digests, identities, single flight. */
@NullMarked
package banger.daemon.publish;

import org.jspecify.annotations.NullMarked;
