package banger.workspace.in;

import banger.workspace.git.Git;
import banger.workspace.git.ObjectId;
import java.util.Optional;

/**
 * Where a work tree's HEAD is.
 *
 * @param commit empty: no commit yet
 * @param branch without {@code refs/heads/}; empty: detached
 */
public record Head(Optional<ObjectId> commit, String branch) {
    private static final String HEADS = "refs/heads/";

    static Head of(Git git) {
        var symbolic = git.run("symbolic-ref", "--quiet", "HEAD");
        var commit = git.run("rev-parse", "--verify", "--quiet", "HEAD^{commit}");
        return new Head(
                commit.ok() ? Optional.of(new ObjectId(commit.text())) : Optional.empty(),
                symbolic.ok() && symbolic.text().startsWith(HEADS)
                        ? symbolic.text().substring(HEADS.length())
                        : "");
    }

    /** The commit for a person: {@code 3f2a91c (main)}. */
    @Override
    public String toString() {
        var at = commit.map(ObjectId::brief).orElse("no commit yet");
        return branch.isEmpty() ? at + " (detached)" : at + " (" + branch + ")";
    }
}
