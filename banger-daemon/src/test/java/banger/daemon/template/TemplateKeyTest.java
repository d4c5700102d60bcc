package banger.daemon.template;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The name of a template says all that it must have in common with who continues from it. */
class TemplateKeyTest {
    private static String digest(Map<String, String> values) {
        return new TemplateKey(values).digest();
    }

    @Test
    void itIsADigestAndTheSameInAnyOrder() {
        var one = new LinkedHashMap<String, String>();
        one.put("kernel", "k");
        one.put("image", "i");
        var other = new LinkedHashMap<String, String>();
        other.put("image", "i");
        other.put("kernel", "k");
        assertThat(digest(one)).matches("[0-9a-f]{64}").isEqualTo(digest(other));
        assertThat(new TemplateKey(one)).isEqualTo(new TemplateKey(other));
    }

    @Test
    void anythingThatChangesMakesAnother() {
        assertThat(new String[] {
                    digest(Map.of()),
                    digest(Map.of("image", "i")),
                    digest(Map.of("image", "j")),
                    digest(Map.of("kernel", "i")),
                    digest(Map.of("image", "")),
                    digest(Map.of("image", "i", "kernel", "k")),
                    // What belongs to which name is not lost.
                    digest(Map.of("image", "ikernel", "k", "")),
                    digest(Map.of("imagei", "", "kernel", "k")),
                })
                .doesNotHaveDuplicates();
    }

    @Test
    void itIsNotChangedThroughWhatItWasMadeOf() {
        var values = new LinkedHashMap<>(Map.of("image", "i"));
        var key = new TemplateKey(values);
        var before = key.digest();
        values.put("kernel", "k");
        assertThat(key.digest()).isEqualTo(before);
    }
}
