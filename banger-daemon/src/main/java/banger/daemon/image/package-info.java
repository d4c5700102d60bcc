/** Images: built by recipe from Debian's packages or registered from a file, kept by digest. */
@NullMarked
package banger.daemon.image;

import org.jspecify.annotations.NullMarked;
