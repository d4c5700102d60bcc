/** The user's settings and the defaults they fall back to. */
@NullMarked
package banger.daemon.config;

import org.jspecify.annotations.NullMarked;
