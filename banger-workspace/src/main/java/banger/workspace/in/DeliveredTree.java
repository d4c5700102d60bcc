package banger.workspace.in;

import banger.api.process.ProgramRun.Feed;
import banger.workspace.RepoPath;
import banger.workspace.git.ObjectId;
import banger.workspace.git.Shadow;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/** The base: what each path was when it was delivered last, as a tree in the shadow. */
final class DeliveredTree {
    private static final int LONGEST = 8192;

    private final Shadow shadow;

    DeliveredTree(Shadow shadow) {
        this.shadow = shadow;
    }

    /** @param mode as git has it */
    record Leaf(int mode, ObjectId id) {}

    /** As it is recorded; empty before the first prepare that went through. */
    SortedMap<RepoPath, Leaf> read() {
        var leaves = new TreeMap<RepoPath, Leaf>();
        if (!shadow.git().run("rev-parse", "--verify", "--quiet", Shadow.BASE).ok()) return leaves;
        shadow.git()
                .records(Feed.NOTHING, LONGEST, r -> add(leaves, r), "ls-tree", "-r", "-z", "--full-tree", Shadow.BASE);
        return leaves;
    }

    /** {@code mode SP type SP id TAB path}. */
    private static void add(Map<RepoPath, Leaf> leaves, byte[] line) {
        int tab = 0;
        while (line[tab] != '\t') tab++;
        var words = new String(line, 0, tab, StandardCharsets.US_ASCII).split(" ");
        leaves.put(
                RepoPath.of(Arrays.copyOfRange(line, tab + 1, line.length)),
                new Leaf(Integer.parseInt(words[0], 8), new ObjectId(words[2])));
    }

    /**
     * What was made and is not the base yet.
     *
     * @param commit whose tree it is
     */
    record Made(ObjectId tree, ObjectId commit) {}

    /** Makes the tree; never empty. */
    Optional<Made> make(SortedMap<RepoPath, Leaf> leaves) {
        // Swept with what else was broken off.
        var index = shadow.gitDir().resolve("index-" + UUID.randomUUID());
        var git = shadow.git().with("GIT_INDEX_FILE", index.toString());
        try {
            git.need(lines(leaves), "update-index", "-z", "--index-info");
            var tree = new ObjectId(git.need("write-tree").text());
            Files.deleteIfExists(index);
            var who = git.with("GIT_AUTHOR_NAME", "banger")
                    .with("GIT_AUTHOR_EMAIL", "banger@localhost")
                    .with("GIT_COMMITTER_NAME", "banger")
                    .with("GIT_COMMITTER_EMAIL", "banger@localhost");
            var commit = who.need("delivered\n".getBytes(StandardCharsets.US_ASCII), "commit-tree", tree.hex())
                    .text();
            return Optional.of(new Made(tree, new ObjectId(commit)));
        } catch (IOException e) {
            throw new banger.api.BangerException(banger.api.ErrorCode.HOST_DISK_FULL, index + ": " + e.getMessage())
                    .because(e);
        }
    }

    /** From here on it is the base; returns the tree. */
    ObjectId keep(Made made) {
        shadow.git().need("update-ref", Shadow.BASE, made.commit.hex());
        return made.tree;
    }

    /** The tree that is the base. */
    ObjectId now() {
        var found = shadow.git().run("rev-parse", "--verify", "--quiet", Shadow.BASE + "^{tree}");
        // Nothing was ever delivered, and nothing is now.
        return found.ok()
                ? new ObjectId(found.text())
                : keep(make(new TreeMap<>()).orElseThrow());
    }

    private static byte[] lines(SortedMap<RepoPath, Leaf> leaves) {
        var out = new ByteArrayOutputStream();
        leaves.forEach((path, leaf) -> {
            out.writeBytes((Integer.toOctalString(leaf.mode) + " " + leaf.id.hex() + "\t")
                    .getBytes(StandardCharsets.US_ASCII));
            out.writeBytes(path.bytes());
            out.write(0);
        });
        return out.toByteArray();
    }
}
