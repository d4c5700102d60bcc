package banger.workspace.in;

import banger.workspace.RepoPath;
import banger.workspace.git.HostRepository;
import banger.workspace.git.ObjectId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What of a work tree is to go in: looked at, nothing changed, nothing sent.
 *
 * @param start the commit that HEAD will be at in the guest
 * @param branch HEAD's branch there; empty: detached
 * @param committed whether the files are those of {@code start}, not those that lie on disk
 * @param indexWritten when the host's index was written, nanoseconds
 * @param files in the order of their paths
 * @param untracked how many files git does not track were left out
 * @param nested repositories in the work tree that are no submodules: left out
 * @param blobs contents that {@code start} names
 * @param submodules that are checked out, workspaces of their own
 */
public record Source(
        Wish wish,
        HostRepository repository,
        Head head,
        Optional<ObjectId> start,
        String branch,
        boolean committed,
        Settings settings,
        Special special,
        Index index,
        long indexWritten,
        List<Listed> files,
        int untracked,
        List<RepoPath> nested,
        Set<ObjectId> blobs,
        List<Submodule> submodules) {

    /** @param name as the repository knows it, and its directory below {@code .git/modules} */
    public record Submodule(RepoPath path, String name, Source source) {}

    public long bytes() {
        return files.stream().mapToLong(Listed::size).sum()
                + submodules.stream().mapToLong(s -> s.source().bytes()).sum();
    }

    /** Files and links, those of submodules too. */
    public int count() {
        return (int) files.stream().filter(f -> !f.isSubmodule()).count()
                + submodules.stream().mapToInt(s -> s.source().count()).sum();
    }

    public int untrackedInAll() {
        return untracked
                + submodules.stream().mapToInt(s -> s.source().untrackedInAll()).sum();
    }

    /** What a person should know before it goes in; a line each. */
    public List<String> notes() {
        var notes = new ArrayList<String>();
        for (var what : special.left())
            notes.add("a " + what + " is under way here: its files go along, its state does not");
        for (var path : nested) notes.add(path + " is a repository of its own and no submodule: left out");
        if (committed && branch.isEmpty()) notes.add("the guest begins at a detached HEAD");
        for (var s : submodules) for (var n : s.source().notes()) notes.add(s.path() + ": " + n);
        return notes;
    }
}
