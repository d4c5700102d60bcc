package banger.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VmNameTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "a",
                "0",
                "box",
                "brave-otter",
                "a--b",
                "1-2",
                "x23456789012345678901234567890123456789012345678901234567890123"
            })
    void dnsLabelsAreNames(String text) {
        assertThat(new VmName(text)).hasToString(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "-a",
                "a-",
                "A",
                "a_b",
                "a.b",
                "a b",
                "box\n",
                "ä",
                "../x",
                "\033",
                "x234567890123456789012345678901234567890123456789012345678901234"
            })
    void anythingElseIsRefusedWithTheRule(String text) {
        assertThatThrownBy(() -> new VmName(text)).isInstanceOfSatisfying(BangerException.class, e -> {
            assertThat(e.code()).isEqualTo(ErrorCode.USAGE);
            assertThat(e.fact()).startsWith("name ").endsWith(": not a VM name");
            assertThat(e.fact()).doesNotContain("\n").doesNotContain("\033");
            assertThat(e.remedies()).hasSize(1);
        });
    }

    @Provide
    Arbitrary<String> nearlyNames() {
        return Arbitraries.strings().withChars("ab09-A_.").ofMaxLength(66);
    }

    @Property(seed = "1")
    void aNameIsWhatTheRuleSays(@ForAll("nearlyNames") String text) {
        boolean rule = !text.isEmpty()
                && text.length() <= 63
                && text.chars().allMatch(c -> c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-')
                && !text.startsWith("-")
                && !text.endsWith("-");
        if (rule) assertThat(new VmName(text).value()).isEqualTo(text);
        else assertThatThrownBy(() -> new VmName(text)).isInstanceOf(BangerException.class);
    }
}
