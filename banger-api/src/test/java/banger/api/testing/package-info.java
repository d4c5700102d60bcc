/** What the tests of every module share: golden files, a daemon that answers what it was told to. */
@NullMarked
package banger.api.testing;

import org.jspecify.annotations.NullMarked;
