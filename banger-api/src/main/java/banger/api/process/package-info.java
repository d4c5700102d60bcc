/** Running host programs, for both ends of the API. */
@org.jspecify.annotations.NullMarked
package banger.api.process;
