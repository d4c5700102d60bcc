/** {@code banger}: parses, asks, renders. The daemon does the work. */
@NullMarked
package banger.cli;

import org.jspecify.annotations.NullMarked;
