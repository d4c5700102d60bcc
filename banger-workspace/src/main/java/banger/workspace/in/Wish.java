package banger.workspace.in;

import java.nio.file.Path;
import java.util.Optional;

/**
 * What a person asked for.
 *
 * @param place a directory in the work tree, or its top
 * @param branch to make in the guest
 * @param from the commit that it begins at; empty: the host's HEAD and its files as they lie there
 * @param untracked whether files that git neither tracks nor ignores come along
 * @param fullCopy all of the history, and what {@code untracked} adds
 * @param depth commits of history; 0: all
 */
public record Wish(
        Path place,
        Optional<String> branch,
        Optional<String> from,
        boolean untracked,
        boolean readonly,
        boolean fullCopy,
        int depth) {
    /** Enough to commit and to blame what was done lately. */
    public static final int DEPTH = 10;

    public Wish {
        untracked = untracked || fullCopy;
        depth = fullCopy ? 0 : depth;
    }

    /** The files that are there, as they are. */
    public static Wish of(Path place) {
        return new Wish(place, Optional.empty(), Optional.empty(), false, false, false, DEPTH);
    }

    /** The same of a submodule. */
    Wish in(Path submodule) {
        return new Wish(submodule, Optional.empty(), Optional.empty(), untracked, readonly, fullCopy, depth);
    }

    /** The word for it in a record. */
    public String mode() {
        return fullCopy ? "full_copy" : "tracked";
    }
}
