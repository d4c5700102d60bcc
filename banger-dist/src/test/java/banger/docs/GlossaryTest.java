package banger.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class GlossaryTest {
    @Test
    void isInOrderAndSaysEachWordOnce() {
        var words =
                Document.groups(
                                Pattern.compile("(?m)^\\| ([A-Za-z ]+) \\|"),
                                Document.of("docs/glossary.md").text())
                        .stream()
                        .skip(1)
                        .map(w -> w.toLowerCase(java.util.Locale.ROOT))
                        .toList();
        assertThat(words).isSorted().doesNotHaveDuplicates().hasSizeGreaterThan(30);
    }
}
