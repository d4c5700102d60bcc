/** What an operation says while it runs. The daemon emits; only the CLI knows what a terminal is. */
@NullMarked
package banger.daemon.progress;

import org.jspecify.annotations.NullMarked;
