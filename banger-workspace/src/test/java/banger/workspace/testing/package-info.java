/** What the tests of both directions share. */
@NullMarked
package banger.workspace.testing;

import org.jspecify.annotations.NullMarked;
