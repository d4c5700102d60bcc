/** Operations under way, and how they are undone. */
@NullMarked
package banger.daemon.ops;

import org.jspecify.annotations.NullMarked;
