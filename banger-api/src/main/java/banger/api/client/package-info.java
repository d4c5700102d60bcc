/** The Java client of {@code bangerd}: plain calls, streaming operations, upgraded connections. */
@NullMarked
package banger.api.client;

import org.jspecify.annotations.NullMarked;
