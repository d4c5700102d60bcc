package banger.e2e;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What a home can say about a failure: logs and consoles, their last lines. */
final class Evidence {
    private static final int LINES = 60;

    private Evidence() {}

    static void print(Path home) {
        if (!Files.isDirectory(home)) return;
        try (var files = Files.walk(home)) {
            for (var file : files.filter(Evidence::tells).sorted().toList()) print(home, file);
        } catch (IOException e) {
            System.err.println("evidence cannot be read: " + e);
        }
    }

    private static boolean tells(Path file) {
        return List.of("bangerd.log", "bangerd.out", "console.log", "vmm.log", "exit.json", "machine.json")
                        .contains(file.getFileName().toString())
                || file.toString().endsWith(".console.log");
    }

    private static void print(Path home, Path file) throws IOException {
        var lines = Files.readString(file, StandardCharsets.ISO_8859_1)
                .replaceAll("[\\x00-\\x09\\x0b-\\x1f]", "?")
                .lines()
                .toList();
        if (lines.isEmpty()) return;
        System.err.println("--- " + home.relativize(file));
        lines.subList(Math.max(0, lines.size() - LINES), lines.size()).forEach(System.err::println);
    }
}
