package banger.workspace.out;

import banger.workspace.RepoPath;
import banger.workspace.git.Git;
import banger.workspace.git.ObjectId;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What git's attributes say of paths, by the {@code .gitattributes} of one tree and of nobody else. */
final class Attributes {
    private static final List<String> ASKED = List.of("filter", "text", "eol", "crlf", "working-tree-encoding");
    private static final String UNSPECIFIED = "unspecified";

    private final Map<RepoPath, Map<String, String>> values;

    private Attributes(Map<RepoPath, Map<String, String>> values) {
        this.values = values;
    }

    static Attributes of(Trees trees, ObjectId tree, Collection<RepoPath> paths) {
        if (paths.isEmpty()) return new Attributes(Map.of());
        return trees.withIndex(git -> {
            git.need("read-tree", tree.hex());
            return asked(git, paths);
        });
    }

    private static Attributes asked(Git git, Collection<RepoPath> paths) {
        var input = new ByteArrayOutputStream();
        for (var path : paths) {
            input.writeBytes(path.bytes());
            input.write(0);
        }
        var values = new HashMap<RepoPath, Map<String, String>>();
        var arguments = new java.util.ArrayList<>(List.of("check-attr", "--cached", "--stdin", "-z"));
        arguments.addAll(ASKED);
        var records =
                git.need(input.toByteArray(), arguments.toArray(String[]::new)).records();
        for (int i = 0; i + 2 < records.size(); i += 3)
            values.computeIfAbsent(RepoPath.of(records.get(i)), p -> new HashMap<>())
                    .put(text(records.get(i + 1)), text(records.get(i + 2)));
        return new Attributes(values);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private String of(RepoPath path, String name) {
        return values.getOrDefault(path, Map.of()).getOrDefault(name, UNSPECIFIED);
    }

    /** Whether a program or an encoding of the repository's stands between its files and its objects. */
    boolean filtered(RepoPath path) {
        return isNamed(of(path, "filter")) || isNamed(of(path, "working-tree-encoding"));
    }

    private static boolean isNamed(String value) {
        return !value.equals(UNSPECIFIED) && !value.equals("unset") && !value.equals("set");
    }

    /** Whether line ends of a file become git's when it is committed. */
    enum LineEnds {
        AS_THEY_ARE,
        TEXT,
        IF_TEXT
    }

    /** @param autocrlf the value of the host's {@code core.autocrlf}; empty: not set */
    LineEnds lineEnds(RepoPath path, String autocrlf) {
        var text = of(path, "text");
        if (text.equals(UNSPECIFIED)) text = of(path, "crlf").equals("input") ? "set" : of(path, "crlf");
        return switch (text) {
            case "set" -> LineEnds.TEXT;
            case "unset" -> LineEnds.AS_THEY_ARE;
            case "auto" -> LineEnds.IF_TEXT;
            default -> {
                if (isNamed(of(path, "eol"))) yield LineEnds.TEXT;
                yield autocrlf.equals("true") || autocrlf.equals("input") ? LineEnds.IF_TEXT : LineEnds.AS_THEY_ARE;
            }
        };
    }
}
