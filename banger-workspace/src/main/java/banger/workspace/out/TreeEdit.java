package banger.workspace.out;

import banger.workspace.RepoPath;
import java.util.Optional;

/** One path of a tree to be set; without an entry: to be removed. */
record TreeEdit(RepoPath path, Optional<TreeEntry> entry) {
    static TreeEdit remove(RepoPath path) {
        return new TreeEdit(path, Optional.empty());
    }

    static TreeEdit put(RepoPath path, TreeEntry entry) {
        return new TreeEdit(path, Optional.of(entry));
    }
}
