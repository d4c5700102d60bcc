/** Tables for people, made by whoever has what is in them. */
@NullMarked
package banger.api.text;

import org.jspecify.annotations.NullMarked;
