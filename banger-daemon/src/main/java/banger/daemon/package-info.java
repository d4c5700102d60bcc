/** {@code bangerd}: the composition root and what every part of it shares. */
@NullMarked
package banger.daemon;

import org.jspecify.annotations.NullMarked;
