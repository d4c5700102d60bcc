/**
 * What travels as JSON between {@code banger} and {@code bangerd}. Bytes, milliseconds and RFC 3339
 * times, never rounded. In requests a field that is absent ({@code null}) means: the default. Only
 * these records may hold a null; it ends at the boundary that reads them.
 */
@NullMarked
package banger.api.model;

import org.jspecify.annotations.NullMarked;
