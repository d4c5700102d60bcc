package banger.workspace.out;

import banger.workspace.RepoPath;
import banger.workspace.git.ObjectId;
import banger.workspace.git.Shadow;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The files of all work trees of a workspace as two trees, in which a submodule that was delivered is a directory: so
 * that they can be compared, merged and written in one piece.
 *
 * @param shadow the outermost's, which reads what the others have
 * @param base as delivered
 * @param tree as found
 */
record Whole(Shadow shadow, ObjectId base, ObjectId tree) {

    static Whole of(Collected only) {
        return new Whole(only.delivered().shadow(), only.delivered().base(), only.tree());
    }

    /** @param parts the outermost first */
    static Whole of(List<Part> parts) {
        if (parts.size() == 1) return of(parts.getFirst().collected());
        var outer = parts.getFirst().delivered().shadow();
        var objects = parts.stream()
                .skip(1)
                .map(p -> quoted(
                        p.delivered().shadow().gitDir().resolve("objects").toString()))
                .collect(Collectors.joining(":"));
        var shadow = new Shadow(
                outer.gitDir(), outer.format(), outer.git().with("GIT_ALTERNATE_OBJECT_DIRECTORIES", objects));
        return new Whole(
                shadow,
                joined(shadow, parts, p -> p.delivered().base()),
                joined(shadow, parts, p -> p.collected().tree()));
    }

    private static String quoted(String path) {
        return "\"" + path.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }

    private static ObjectId joined(Shadow shadow, List<Part> parts, Function<Part, ObjectId> tree) {
        var trees = new Trees(shadow);
        var places = parts.stream().flatMap(p -> p.place().stream()).collect(Collectors.toSet());
        var outermost = tree.apply(parts.getFirst());
        var edits = new ArrayList<TreeEdit>();
        for (var part : parts) {
            boolean outer = part.place().isEmpty();
            trees.entries(tree.apply(part)).forEach((path, entry) -> {
                RepoPath place = part.at(path);
                boolean joined = entry.isSubmodule() && places.contains(place);
                if (outer && joined) edits.add(TreeEdit.remove(place));
                else if (!outer && !joined) edits.add(TreeEdit.put(place, entry));
            });
        }
        return trees.edit(outermost, edits);
    }

    /** What differs, in the order of paths. */
    List<Change> changes() {
        return List.copyOf(new Trees(shadow).changes(base, tree));
    }
}
