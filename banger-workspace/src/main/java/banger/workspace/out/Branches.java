package banger.workspace.out;

import banger.workspace.RepoPath;
import banger.workspace.git.ObjectId;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Branches that were made of one work tree, or would be.
 *
 * @param submodule where it lies; empty: the outermost
 * @param base the host's commit that was delivered; empty: there was none
 * @param tips by the branches' names; empty: there was nothing to bring
 * @param commits of the guest's own that are on HEAD's line
 * @param uncommitted whether one more holds what was not committed
 * @param hostEdits whether edits of the host's own, delivered but not committed there, are inside
 * @param others the guest's other branches with work, which were not made
 * @param stashes how many stash entries stay in the guest
 */
public record Branches(
        Optional<RepoPath> submodule,
        Optional<ObjectId> base,
        Map<String, ObjectId> tips,
        long commits,
        boolean uncommitted,
        boolean hostEdits,
        List<String> others,
        long stashes) {}
