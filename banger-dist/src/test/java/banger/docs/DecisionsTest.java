package banger.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class DecisionsTest {
    private static List<String> files() throws IOException {
        try (var files = Files.list(Document.CHECKOUT.resolve("docs/adr"))) {
            return files.map(f -> f.getFileName().toString())
                    .filter(f -> !f.equals("README.md"))
                    .sorted()
                    .toList();
        }
    }

    @Test
    void areNumberedWithoutGaps() throws IOException {
        int number = 0;
        for (var file : files()) assertThat(file).matches(String.format("%04d-[a-z0-9-]+\\.md", ++number));
    }

    @Test
    void haveTheirFourParts() throws IOException {
        for (var file : files())
            assertThat(Document.of("docs/adr/" + file).text())
                    .as(file)
                    .startsWith("# " + file.substring(0, 4) + ": ")
                    .containsSubsequence("\nStatus: ", "\n## Context\n", "\n## Decision\n", "\n## Consequences\n");
    }

    @Test
    void areListedInOrder() throws IOException {
        assertThat(Document.groups(
                        Pattern.compile("(?m)^\\| \\[[0-9]{4}\\]\\(([^)]+)\\) \\|"),
                        Document.of("docs/adr/README.md").text()))
                .containsExactlyElementsOf(files());
    }
}
