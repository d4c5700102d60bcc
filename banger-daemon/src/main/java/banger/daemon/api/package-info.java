/** What the API's paths do: each turns a request into calls of the domain and its result into JSON. */
@NullMarked
package banger.daemon.api;

import org.jspecify.annotations.NullMarked;
