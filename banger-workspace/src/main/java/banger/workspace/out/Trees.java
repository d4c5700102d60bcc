package banger.workspace.out;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.process.ProgramRun.Feed;
import banger.workspace.ObjectFormat;
import banger.workspace.RepoPath;
import banger.workspace.git.Git;
import banger.workspace.git.ObjectId;
import banger.workspace.git.Shadow;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Trees in a shadow repository, made and compared without a work tree. */
final class Trees {
    private static final int LONGEST_RECORD = RepoPath.LONGEST + 256;

    private final Shadow shadow;

    Trees(Shadow shadow) {
        this.shadow = shadow;
    }

    /** Works with an index of its own, which is gone afterwards. */
    <T> T withIndex(java.util.function.Function<Git, T> work) {
        Path index = shadow.gitDir().resolve("index-" + java.util.UUID.randomUUID());
        try {
            return work.apply(shadow.git().with("GIT_INDEX_FILE", index.toString()));
        } finally {
            try {
                Files.deleteIfExists(index);
                Files.deleteIfExists(Path.of(index + ".lock"));
            } catch (IOException e) {
                throw Disk.failed(index, e);
            }
        }
    }

    /** A tree like {@code base} with these paths changed. */
    ObjectId edit(ObjectId base, Collection<TreeEdit> edits) {
        if (edits.isEmpty()) return base;
        return withIndex(git -> {
            git.need("read-tree", base.hex());
            git.need(indexInfo(shadow.format(), edits), "update-index", "--add", "--replace", "-z", "--index-info");
            return new ObjectId(git.need("write-tree").text());
        });
    }

    ObjectId empty() {
        return new ObjectId(shadow.git().need("mktree").text());
    }

    /** Removals first: a directory may stand where a file was. */
    static byte[] indexInfo(ObjectFormat format, Collection<TreeEdit> edits) {
        var out = new ByteArrayOutputStream();
        for (var edit : edits) if (edit.entry().isEmpty()) line(out, "0 " + format.zero(), edit.path());
        for (var edit : edits)
            edit.entry().ifPresent(e -> line(out, Integer.toOctalString(e.mode()) + " " + e.id().hex(), edit.path()));
        return out.toByteArray();
    }

    private static void line(ByteArrayOutputStream out, String start, RepoPath path) {
        out.writeBytes((start + "\t").getBytes(StandardCharsets.US_ASCII));
        out.writeBytes(path.bytes());
        out.write(0);
    }

    /** How {@code after} differs from {@code before}, in the order of paths. A path that no work tree has is refused. */
    List<Change> changes(ObjectId before, ObjectId after) {
        var parser = new Raw();
        shadow.git()
                .records(
                        Feed.NOTHING,
                        LONGEST_RECORD,
                        parser::take,
                        "diff-tree",
                        "-r",
                        "-z",
                        "--raw",
                        "--no-renames",
                        "--full-index",
                        before.hex(),
                        after.hex());
        return parser.changes;
    }

    /** Reads {@code :mode mode id id letter}, then the path. */
    private static final class Raw {
        private final List<Change> changes = new ArrayList<>();
        private String head = "";

        void take(byte[] record) {
            if (head.isEmpty()) {
                head = new String(record, StandardCharsets.US_ASCII);
                return;
            }
            var parts = head.substring(1).split(" ");
            changes.add(new Change(path(record), entry(parts[0], parts[2]), entry(parts[1], parts[3])));
            head = "";
        }

        private static Optional<TreeEntry> entry(String mode, String id) {
            int value = Integer.parseInt(mode, 8);
            return value == 0 ? Optional.empty() : Optional.of(new TreeEntry(normal(value), new ObjectId(id)));
        }

        /** Old trees hold modes like 100664. */
        private static int normal(int mode) {
            if ((mode & 0170000) != 0100000) return mode;
            return (mode & 0100) != 0 ? TreeEntry.PROGRAM : TreeEntry.FILE;
        }
    }

    private static RepoPath path(byte[] bytes) {
        if (!RepoPath.valid(bytes))
            throw new BangerException(
                    ErrorCode.WORKSPACE_REFUSED,
                    "a tree of the guest's has a path that no work tree may have: " + Shown.of(bytes));
        return RepoPath.of(bytes);
    }

    /** Every file, link and submodule of a tree. */
    Map<RepoPath, TreeEntry> entries(ObjectId tree) {
        var all = new HashMap<RepoPath, TreeEntry>();
        shadow.git()
                .records(
                        Feed.NOTHING,
                        LONGEST_RECORD,
                        record -> {
                            int tab = 0;
                            while (record[tab] != '\t') tab++;
                            var head = new String(record, 0, tab, StandardCharsets.US_ASCII).split(" ");
                            all.put(
                                    path(Arrays.copyOfRange(record, tab + 1, record.length)),
                                    new TreeEntry(Integer.parseInt(head[0], 8), new ObjectId(head[2])));
                        },
                        "ls-tree",
                        "-r",
                        "-z",
                        "--full-tree",
                        tree.hex());
        return all;
    }

    ObjectId treeOf(ObjectId commit) {
        return new ObjectId(shadow.git()
                .need("rev-parse", "--verify", "--end-of-options", commit.hex() + "^{tree}")
                .text());
    }

    /** A commit of ours. */
    ObjectId commit(Author author, ObjectId tree, List<ObjectId> parents, String message) {
        var arguments = new ArrayList<String>(List.of("commit-tree"));
        for (var parent : parents) {
            arguments.add("-p");
            arguments.add(parent.hex());
        }
        arguments.add(tree.hex());
        return new ObjectId(author.signs(shadow.git())
                .need(message.getBytes(StandardCharsets.UTF_8), arguments.toArray(String[]::new))
                .text());
    }
}
