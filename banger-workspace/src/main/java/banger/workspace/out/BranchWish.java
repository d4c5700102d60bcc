package banger.workspace.out;

/**
 * What {@code --branch} is to do.
 *
 * @param name of the branch, in every repository that gets one
 * @param all every branch of the guest, below {@code name}
 * @param raw files that a filter stands before, as they lie there
 * @param dryRun nothing of the host's changes
 */
public record BranchWish(String name, boolean all, boolean raw, boolean dryRun) {}
