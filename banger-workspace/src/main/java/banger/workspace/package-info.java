/**
 * The host side of a workspace: a repository's way into a guest and the work's way back. Used by the CLI, which alone
 * touches the user's repository, and by the daemon, which touches only shadow repositories.
 */
@org.jspecify.annotations.NullMarked
package banger.workspace;
