/** The way in: from a repository of the host to a work tree in a guest. */
@NullMarked
package banger.workspace.in;

import org.jspecify.annotations.NullMarked;
