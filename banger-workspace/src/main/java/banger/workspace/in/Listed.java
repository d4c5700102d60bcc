package banger.workspace.in;

import banger.workspace.FileStat;
import banger.workspace.RepoPath;
import banger.workspace.git.ObjectId;
import java.util.Optional;

/**
 * A file, link or submodule that is to be in the guest.
 *
 * @param mode {@code st_mode}; {@code 0160000}: a submodule
 * @param stat as the file lay on disk; of what does not come from there: size and time alone
 * @param entry of the index; empty: git does not track it
 * @param known its id where that is sure without reading it
 */
public record Listed(RepoPath path, int mode, FileStat stat, Optional<Index.Entry> entry, Optional<ObjectId> known) {
    static final int SUBMODULE = 0160000;

    public boolean isSubmodule() {
        return mode == SUBMODULE;
    }

    /** As git shows modes: six octal digits. */
    public String shownMode() {
        if (isSubmodule()) return "160000";
        if (stat.isLink()) return "120000";
        return (mode & 0100) != 0 ? "100755" : "100644";
    }

    public long size() {
        return isSubmodule() ? 0 : stat.size();
    }

    Listed known(ObjectId id) {
        return new Listed(path, mode, stat, entry, Optional.of(id));
    }
}
