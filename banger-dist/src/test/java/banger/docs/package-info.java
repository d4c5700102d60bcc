/** Tests that the documents say what the code does. */
@NullMarked
package banger.docs;

import org.jspecify.annotations.NullMarked;
