package banger.workspace.out;

import banger.workspace.git.ObjectId;
import banger.workspace.git.Shadow;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.stream.Collectors;

/**
 * What was brought back from a workspace already: trees of its files, and tips of its history. One line each,
 * {@code tree ID} or {@code tip ID}, in the shadow repository's directory.
 */
record Pulled(SequencedSet<ObjectId> trees, SequencedSet<ObjectId> tips) {
    private static final String FILE = "banger-pulled";

    static Pulled of(Shadow shadow) {
        var trees = new LinkedHashSet<ObjectId>();
        var tips = new LinkedHashSet<ObjectId>();
        var file = file(shadow);
        if (Files.exists(file)) {
            try {
                for (var line : Files.readAllLines(file, StandardCharsets.US_ASCII)) {
                    var words = line.split(" ");
                    if (words.length == 2 && ObjectId.isOne(words[1]))
                        (words[0].equals("tree") ? trees : tips).add(new ObjectId(words[1]));
                }
            } catch (IOException e) {
                throw Disk.failed(file, e);
            }
        }
        return new Pulled(trees, tips);
    }

    /** The files as they were brought back last. */
    Optional<ObjectId> last() {
        return trees.isEmpty() ? Optional.empty() : Optional.of(trees.getLast());
    }

    private static Path file(Shadow shadow) {
        return shadow.gitDir().resolve(FILE);
    }

    /** The files were brought back. */
    static void files(Collected collected) {
        add(collected, List.of());
    }

    /** The files were, and the history below these tips. */
    static void add(Collected collected, List<ObjectId> tips) {
        var shadow = collected.delivered().shadow();
        var now = of(shadow);
        now.trees.addLast(collected.tree());
        now.tips.addAll(tips);
        var text = now.trees.stream().map(t -> "tree " + t.hex() + "\n").collect(Collectors.joining())
                + now.tips.stream().map(t -> "tip " + t.hex() + "\n").collect(Collectors.joining());
        var temporary = file(shadow).resolveSibling(FILE + ".new");
        try {
            Files.writeString(temporary, text);
            Files.move(temporary, file(shadow), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw Disk.failed(temporary, e);
        }
    }
}
