/** The contract between {@code banger} and {@code bangerd}: values, errors, requests, events, results. */
@NullMarked
package banger.api;

import org.jspecify.annotations.NullMarked;
