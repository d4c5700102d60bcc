package banger.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ArchitectureDocumentTest {
    private static final Path DAEMON = Document.CHECKOUT.resolve("banger-daemon/src/main/java/banger/daemon");

    private final Document architecture = Document.of("ARCHITECTURE.md");

    @Test
    void hasTheModulesOfTheBuild() throws IOException {
        var modules = Document.groups(
                Pattern.compile("<module>([^<]+)</module>"), Files.readString(Document.CHECKOUT.resolve("pom.xml")));
        assertThat(architecture.firstCells("## Modules").stream()
                        .filter(m -> m.matches("native|banger-[a-z]+"))
                        .toList())
                .containsExactlyElementsOf(modules);
    }

    @Test
    void hasThePackagesOfTheDaemon() throws IOException {
        var table = architecture.section("## Modules");
        table = table.substring(table.indexOf("banger.daemon.…"));
        var named = new ArrayList<String>();
        for (var row : Document.groups(Pattern.compile("(?m)^\\| (`[^|]+) \\|"), table))
            named.addAll(Document.groups(Pattern.compile("`([^`]+)`"), row));
        assertThat(named).containsExactlyInAnyOrderElementsOf(packages());
    }

    private static List<String> packages() throws IOException {
        try (Stream<Path> all = Files.walk(DAEMON)) {
            return all.filter(Files::isDirectory)
                    .filter(d -> !d.equals(DAEMON))
                    .map(d -> DAEMON.relativize(d).toString().replace('/', '.'))
                    .toList();
        }
    }

    /** A class is named as the code names it: in capitals, in backquotes, or with a method behind it. */
    @Test
    void namesClassesThatExist() throws IOException {
        var known = new ArrayList<String>();
        for (var module : List.of("banger-api", "banger-cli", "banger-daemon", "banger-net"))
            try (var files = Files.walk(Document.CHECKOUT.resolve(module).resolve("src"))) {
                files.map(f -> f.getFileName().toString())
                        .filter(f -> f.endsWith(".java"))
                        .forEach(f -> known.add(f.replace(".java", "")));
            }
        // What differs from the plan names what does not exist.
        var text = architecture.text().replace(architecture.section("## What differs from the first plan"), "");
        for (var name : Document.groups(
                Pattern.compile("`(?:banger\\.[a-z.]+\\.)?([A-Z][a-z]+[A-Za-z]*)(?:\\.[a-zA-Z]+(?:\\(\\))?)?`"), text))
            assertThat(known).as("ARCHITECTURE.md names " + name).contains(name);
    }
}
