package banger.workspace.in;

import banger.workspace.RepoPath;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** The versions of languages that a repository asks for in its own files, as mise names them. */
public final class Tools {
    private static final int MAX = 1 << 16;
    private static final String VERSION = "([0-9]+(?:\\.[0-9]+){0,2})";

    private record Pin(String file, String tool, Pattern pattern) {}

    private static final List<Pin> PINS = List.of(
            new Pin("go.mod", "go", Pattern.compile("(?m)^toolchain go" + VERSION)),
            new Pin("go.mod", "go", Pattern.compile("(?m)^go " + VERSION)),
            new Pin(".nvmrc", "node", Pattern.compile("^v?" + VERSION)),
            new Pin(".node-version", "node", Pattern.compile("^v?" + VERSION)),
            new Pin(".python-version", "python", Pattern.compile("^" + VERSION)),
            new Pin("rust-toolchain", "rust", Pattern.compile("^" + VERSION)),
            new Pin("rust-toolchain.toml", "rust", Pattern.compile("(?m)^\\s*channel\\s*=\\s*\"" + VERSION + "\"")));

    private Tools() {}

    /** {@code go@1.22.1}; the first file that says something about a tool counts. */
    public static List<String> pins(Source source) {
        Map<String, String> found = new LinkedHashMap<>();
        for (var pin : PINS) {
            if (found.containsKey(pin.tool)) continue;
            text(source, pin.file).ifPresent(text -> {
                var m = pin.pattern.matcher(text);
                if (m.find()) found.put(pin.tool, m.group(1));
            });
        }
        return found.entrySet().stream()
                .map(e -> e.getKey() + "@" + e.getValue())
                .toList();
    }

    private static Optional<String> text(Source source, String name) {
        var path = RepoPath.of(name);
        var listed = source.files().stream().filter(f -> f.path().equals(path)).findFirst();
        if (listed.isEmpty() || source.committed() || listed.get().size() > MAX) return Optional.empty();
        var out = new ByteArrayOutputStream();
        try (var contents = new DiskContents(WorkTree.open(source.repository().top()))) {
            contents.read(listed.get(), stat -> {}, (bytes, n) -> out.write(bytes, 0, Math.min(n, MAX)));
        } catch (IOException e) {
            return Optional.empty();
        }
        return Optional.of(out.toString(StandardCharsets.UTF_8));
    }
}
