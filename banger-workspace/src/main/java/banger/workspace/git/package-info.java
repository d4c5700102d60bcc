/** git, run on the user's repositories and on shadow repositories, and the values that it speaks in. */
@org.jspecify.annotations.NullMarked
package banger.workspace.git;
