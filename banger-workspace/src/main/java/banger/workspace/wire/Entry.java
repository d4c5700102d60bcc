package banger.workspace.wire;

import banger.workspace.RepoPath;

/**
 * A file, link or submodule of a work tree.
 *
 * @param mode {@code st_mode}: type and permission bits; {@code 0160000}: a submodule
 * @param size bytes
 * @param mtime nanoseconds since 1970
 * @param id blob id, hexadecimal; all zeros: not known yet
 */
public record Entry(int mode, long size, long mtime, String id, RepoPath path) {
    public static final int TYPE = 0170000;
    public static final int REGULAR = 0100000;
    public static final int LINK = 0120000;
    public static final int SUBMODULE = 0160000;

    public boolean isLink() {
        return (mode & TYPE) == LINK;
    }

    public boolean isSubmodule() {
        return (mode & TYPE) == SUBMODULE;
    }

    /** The mode as git's trees have it. */
    public int gitMode() {
        if (isLink() || isSubmodule()) return mode & TYPE;
        return (mode & 0100) != 0 ? 0100755 : 0100644;
    }
}
