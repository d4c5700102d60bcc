package banger.workspace;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RepoPathTest {
    /** Latin-1 here stands for bytes. */
    @ParameterizedTest
    @CsvSource({
        "src/a.c, src/a.c",
        "\u00c3\u00bcn, \u00fcn",
        "\u00ff\u00fe, \\xff\\xfe",
        "a\u00c3/b, a\\xc3/b",
        "a\u00c3\u00bc\u00ff\u001bz, a\u00fc\\xff\\x1bz",
        "a\u00e2\u0082, a\\xe2\\x82"
    })
    void bytesThatAreNoTextAreShownAsSuch(String bytes, String shown) {
        assertThat(RepoPath.of(bytes.getBytes(StandardCharsets.ISO_8859_1))).hasToString(shown);
    }

    @Test
    void twoNamesThatAreNoTextLookDifferent() {
        assertThat(RepoPath.of(new byte[] {(byte) 0xfe}).toString())
                .isNotEqualTo(RepoPath.of(new byte[] {(byte) 0xff}).toString());
    }
}
