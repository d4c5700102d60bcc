/** The workspace conversation of docs/protocol.md: frames, and a typed client of each operation. */
@NullMarked
package banger.workspace.wire;

import org.jspecify.annotations.NullMarked;
