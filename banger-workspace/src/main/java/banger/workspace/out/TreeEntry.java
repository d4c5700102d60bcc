package banger.workspace.out;

import banger.workspace.git.ObjectId;

/**
 * What a tree has at a path.
 *
 * @param mode git's: 0100644, 0100755, 0120000 or 0160000
 */
public record TreeEntry(int mode, ObjectId id) {
    static final int FILE = 0100644;
    static final int PROGRAM = 0100755;
    static final int LINK = 0120000;
    static final int SUBMODULE = 0160000;

    boolean isLink() {
        return mode == LINK;
    }

    boolean isSubmodule() {
        return mode == SUBMODULE;
    }

    /** Neither a link nor a submodule. */
    boolean isFile() {
        return mode == FILE || mode == PROGRAM;
    }
}
