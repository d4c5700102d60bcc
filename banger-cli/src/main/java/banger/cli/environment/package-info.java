/** What a repository wants to have ready in its VMs: its own file, or what its lock files say. */
@NullMarked
package banger.cli.environment;

import org.jspecify.annotations.NullMarked;
