package banger.workspace.out;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.workspace.RepoPath;
import banger.workspace.git.ObjectId;
import java.io.ByteArrayInputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * From files as they lie on a disk to a tree as a commit has it. Only git's own line ends are converted; a filter of
 * the repository never runs.
 */
final class Cleaning {
    private static final long LARGEST_TEXT = 64L << 20;

    private final Delivered delivered;
    private final Trees trees;
    private final Map<RepoPath, TreeEntry> base;
    private final Set<RepoPath> absent;
    private final String autocrlf;
    private final boolean raw;

    /**
     * @param absent paths that a sparse checkout leaves out: not there does not mean deleted
     * @param autocrlf the host's {@code core.autocrlf}; empty: not set
     * @param raw whether a changed file that a filter stands before is taken as it lies there
     */
    Cleaning(Delivered delivered, Set<RepoPath> absent, String autocrlf, boolean raw) {
        this.delivered = delivered;
        this.trees = new Trees(delivered.shadow());
        this.base = trees.entries(delivered.base());
        this.absent = absent;
        this.autocrlf = autocrlf;
        this.raw = raw;
    }

    /**
     * The tree that a commit of these files on top of {@code stored} has.
     *
     * @param stored the tree of the commit before
     * @param files as they lie on the disk
     */
    ObjectId commit(ObjectId stored, ObjectId files) {
        var candidates =
                trees.changes(stored, files).stream().filter(this::counts).toList();
        var paths = candidates.stream().map(Change::path).toList();
        var attributes = Attributes.of(trees, delivered.base(), paths);
        var edits = new ArrayList<TreeEdit>();
        var texts = new ArrayList<Change>();
        var refused = new ArrayList<RepoPath>();
        for (var change : candidates) {
            var after = change.after();
            if (after.isEmpty() || !after.get().isFile()) {
                edits.add(new TreeEdit(change.path(), after));
            } else if (attributes.filtered(change.path())) {
                if (after.equals(Optional.ofNullable(base.get(change.path())))) continue;
                if (!raw) refused.add(change.path());
                edits.add(new TreeEdit(change.path(), after));
            } else if (attributes.lineEnds(change.path(), autocrlf) == Attributes.LineEnds.AS_THEY_ARE) {
                edits.add(new TreeEdit(change.path(), after));
            } else {
                texts.add(change);
            }
        }
        if (!refused.isEmpty()) throw filtered(refused);
        edits.addAll(converted(texts, attributes));
        return trees.edit(stored, edits);
    }

    private boolean counts(Change change) {
        var after = change.after();
        if (after.isEmpty()) {
            boolean submodule = change.before().orElseThrow().isSubmodule();
            return !submodule && !(absent.contains(change.path()) && !base.containsKey(change.path()));
        }
        // What a submodule is at is its own repository's matter.
        return !after.get().isSubmodule();
    }

    private List<TreeEdit> converted(List<Change> texts, Attributes attributes) {
        if (texts.isEmpty()) return List.of();
        try (var contents = new Contents(delivered.shadow(), LARGEST_TEXT)) {
            return converted(texts, attributes, contents);
        }
    }

    private List<TreeEdit> converted(List<Change> texts, Attributes attributes, Contents contents) {
        var marks = new HashMap<Change, Integer>();
        var edits = new ArrayList<TreeEdit>();
        var ids = BlobImport.run(delivered.shadow(), LARGEST_TEXT, blobs -> {
            for (var text : texts) {
                var content = contents.read(text.after().orElseThrow().id());
                var before = text.before().filter(TreeEntry::isFile).flatMap(e -> contents.read(e.id()));
                if (content.isEmpty()) {
                    edits.add(new TreeEdit(text.path(), text.after()));
                    continue;
                }
                var stored = LineEndings.stored(
                        content.get(),
                        attributes.lineEnds(text.path(), autocrlf),
                        before.map(LineEndings::hasCrlf).orElse(false));
                marks.put(text, blobs.add(new ByteArrayInputStream(stored)).orElseThrow());
            }
        });
        marks.forEach((text, mark) -> edits.add(TreeEdit.put(
                text.path(),
                new TreeEntry(
                        text.after().orElseThrow().mode(),
                        Optional.ofNullable(ids.get(mark)).orElseThrow()))));
        return edits;
    }

    private static BangerException filtered(List<RepoPath> paths) {
        var remedies = new ArrayList<>(Shown.few(paths));
        remedies.add("--raw takes them as they lie in the guest, --patch FILE leaves commits alone");
        return new BangerException(
                ErrorCode.WORKSPACE_REFUSED,
                "a filter of the repository stands before " + Shown.count(paths.size(), "changed file", "changed files")
                        + ", and none is run on what a guest wrote",
                remedies);
    }
}
