package banger.workspace.out;

import banger.workspace.RepoPath;
import banger.workspace.git.ObjectId;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One work tree of a workspace as it was found: the outermost, or a submodule's.
 *
 * @param place in the outermost work tree; empty: it is the outermost
 */
record Part(Optional<RepoPath> place, Collected collected) {
    Delivered delivered() {
        return collected.delivered();
    }

    /** A path of this work tree as the outermost has it. */
    RepoPath at(RepoPath path) {
        return place.map(path::below).orElse(path);
    }

    /** Whether the guest's HEAD is another commit than the one that was delivered. */
    boolean moved() {
        return !collected.head().equals(delivered().head());
    }

    /** Of these commits the ones that submodules of this work tree stand at, by their paths in it. */
    Map<RepoPath, ObjectId> gitlinks(List<Part> all, Map<Part, ObjectId> commits) {
        var found = new HashMap<RepoPath, ObjectId>();
        commits.forEach((part, commit) -> {
            if (part.around(all).filter(this::equals).isPresent())
                found.put(below(guestPath(), part.guestPath()), commit);
        });
        return found;
    }

    /** The work tree that this one is a submodule of. */
    private Optional<Part> around(List<Part> all) {
        return all.stream()
                .filter(p -> guestPath().startsWith(p.guestPath() + "/"))
                .max(Comparator.comparing(p -> p.guestPath().length()));
    }

    private String guestPath() {
        return delivered().record().guestPath();
    }

    /** Where a work tree lies in another one. */
    static RepoPath below(String outer, String inner) {
        return RepoPath.of(inner.substring(outer.length() + 1));
    }
}
