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

class LinksTest {
    private static final Pattern MENTION = Pattern.compile("\\b(docs/[A-Za-z0-9/._-]*[A-Za-z0-9])");
    private static final List<String> TREES = List.of("native", "scripts", "banger-dist/src");

    @Test
    void everyInternalLinkLeadsSomewhere() {
        var dead = new ArrayList<String>();
        for (var document : Document.all())
            for (var link : document.links())
                if (!link.matches("[a-z]+:.*") && !leadsSomewhere(document, link)) dead.add(document + ": " + link);
        assertThat(dead).isEmpty();
    }

    private static boolean leadsSomewhere(Document from, String link) {
        var parts = link.split("#", 2);
        var target = parts[0].isEmpty() ? from.path() : from.path().resolveSibling(parts[0]);
        if (!Files.exists(target)) return false;
        return parts.length == 1
                || Document.of(Document.CHECKOUT.relativize(target.normalize()).toString())
                        .anchors()
                        .contains(parts[1]);
    }

    @Test
    void everyDocumentNamedInTheSourcesIsThere() throws IOException {
        var dead = new ArrayList<String>();
        for (var source : sources())
            for (var name : Document.groups(MENTION, Files.readString(source)))
                if (!exists(name)) dead.add(source + ": " + name);
        assertThat(dead).isEmpty();
    }

    /** A decision may be named by its number alone. */
    private static boolean exists(String name) throws IOException {
        var path = Document.CHECKOUT.resolve(name);
        if (Files.exists(path)) return true;
        try (var siblings = Files.list(path.getParent())) {
            return siblings.anyMatch(s -> s.getFileName().toString().matches(path.getFileName() + "-.*\\.md"));
        }
    }

    private static List<Path> sources() throws IOException {
        try (var modules = Files.list(Document.CHECKOUT)) {
            var roots = Stream.concat(
                            modules.filter(m -> m.getFileName().toString().startsWith("banger-"))
                                    .map(m -> m.resolve("src/main")),
                            TREES.stream().map(Document.CHECKOUT::resolve))
                    .filter(Files::isDirectory)
                    .toList();
            var found = new ArrayList<Path>();
            for (var root : roots)
                try (var files = Files.walk(root)) {
                    files.filter(f -> f.toString().matches(".*\\.(java|c|h|sh|xml|sql)")
                                    && !f.toString().contains("/target/")
                                    && !f.toString().contains("/banger/docs/"))
                            .forEach(found::add);
                }
            return found;
        }
    }
}
