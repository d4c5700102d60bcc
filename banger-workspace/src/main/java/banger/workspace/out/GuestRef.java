package banger.workspace.out;

import banger.workspace.git.ObjectId;

/**
 * A ref of the guest's repository as the guest tells it.
 *
 * @param name {@code refs/heads/main}, {@code HEAD} where detached, {@code MERGE_HEAD}, {@code refs/stash@{0}}
 */
record GuestRef(String name, ObjectId id) {
    private static final String HEADS = "refs/heads/";

    boolean isBranch() {
        return name.startsWith(HEADS);
    }

    /** Without {@code refs/heads/}. */
    String branch() {
        return name.substring(HEADS.length());
    }
}
