package banger.workspace.out;

import banger.api.Printable;
import banger.workspace.RepoPath;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** A guest's bytes for a person. */
final class Shown {
    private static final int FEW = 10;

    private Shown() {}

    static String of(byte[] bytes) {
        return Printable.line(new String(bytes, StandardCharsets.UTF_8));
    }

    /** The first of them, one a line, and how many there are beside. */
    static List<String> few(Collection<RepoPath> paths) {
        var lines = new ArrayList<>(
                paths.stream().sorted().limit(FEW).map(RepoPath::toString).toList());
        if (paths.size() > FEW) lines.add("and " + (paths.size() - FEW) + " more");
        return lines;
    }

    static String count(long n, String one, String many) {
        return n + " " + (n == 1 ? one : many);
    }
}
