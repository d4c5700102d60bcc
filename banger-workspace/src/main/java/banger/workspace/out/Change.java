package banger.workspace.out;

import banger.workspace.RepoPath;
import java.util.Optional;

/** A path that two trees have differently. At least one side is there. */
public record Change(RepoPath path, Optional<TreeEntry> before, Optional<TreeEntry> after) {

    /** As git's short status has it: {@code A}, {@code D}, {@code M}. */
    public char letter() {
        return before.isEmpty() ? 'A' : after.isEmpty() ? 'D' : 'M';
    }
}
