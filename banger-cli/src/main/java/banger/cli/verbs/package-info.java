/** What each command does: check, one call of the daemon, print. */
@NullMarked
package banger.cli.verbs;

import org.jspecify.annotations.NullMarked;
