package banger.workspace.out;

import banger.workspace.RepoPath;
import banger.workspace.git.ObjectId;
import java.util.List;
import java.util.Optional;

/**
 * What a guest's workspace holds, in the shadow repository.
 *
 * @param tree its files as they lie there, ignored ones left out
 * @param refs every ref, detached HEAD and stash entry that the guest tells of; their commits may not be here yet
 * @param headBranch the branch that the guest's HEAD names; empty: detached
 * @param repositories directories that are repositories of their own, and not in the tree
 * @param tooLarge files longer than what is collected, not in the tree
 * @param unsteady files that changed while they were read
 * @param gitProgram whether the image has a git
 */
record Collected(
        Delivered delivered,
        ObjectId tree,
        List<GuestRef> refs,
        Optional<String> headBranch,
        List<RepoPath> repositories,
        List<RepoPath> tooLarge,
        List<RepoPath> unsteady,
        boolean gitProgram) {

    /** The commit of the guest's HEAD; empty: no commit yet. */
    Optional<ObjectId> head() {
        var name = headBranch.map(b -> "refs/heads/" + b).orElse("HEAD");
        return refs.stream()
                .filter(r -> r.name().equals(name))
                .map(GuestRef::id)
                .findFirst();
    }

    /** How many entries the guest's stash has. */
    long stashes() {
        return refs.stream()
                .filter(r -> r.name().startsWith("refs/stash"))
                .map(GuestRef::id)
                .distinct()
                .count();
    }
}
