package banger.api;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PrintableTest {
    @Test
    void whatIsSafeStaysTheSame() {
        var text = "vm brave-otter: grün, 日本語, \uD83D\uDE00, \\x1b as typed";
        assertThat(Printable.line(text)).isSameAs(text);
        assertThat(Printable.lines(text)).isSameAs(text);
    }

    @ParameterizedTest
    @CsvSource({
        "1b, \\x1b",
        "0, \\x00",
        "7, \\x07",
        "d, \\x0d",
        "7f, \\x7f",
        "9b, \\x9b",
        "ad, \\xad",
        "200b, \\u{200b}",
        "202e, \\u{202e}",
        "2066, \\u{2066}",
        "2028, \\u{2028}",
        "feff, \\u{feff}",
        "d800, \\u{d800}",
        "dfff, \\u{dfff}",
        "e0041, \\u{e0041}"
    })
    void whatATerminalWouldObeyIsShown(String codePoint, String shown) {
        var character = Character.toString(Integer.parseInt(codePoint, 16));
        assertThat(Printable.line("a" + character + "b")).isEqualTo("a" + shown + "b");
        assertThat(Printable.lines("a" + character + "b")).isEqualTo("a" + shown + "b");
    }

    @Test
    void lineBreaksAndTabsStayOnlyWhereSeveralLinesAreMeant() {
        assertThat(Printable.lines("a\tb\r\nc")).isEqualTo("a\tb\\x0d\nc");
        assertThat(Printable.line("a\tb\nc")).isEqualTo("a\\x09b\\x0ac");
    }

    @ParameterizedTest
    @CsvSource({"box, box", "'', '\"\"'", "two words, '\"two words\"'", "--x=1, --x=1"})
    void aValueIsQuotedWhereItCouldNotBeSeen(String text, String shown) {
        assertThat(Printable.quote(text)).isEqualTo(shown);
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '"',
            value = {"/a/b-1.patch, /a/b-1.patch", "two words, 'two words'", "it's, 'it'\\''s'", "\"\", ''", "$x, '$x'"
            })
    void aWordIsOneToAShell(String text, String shown) throws Exception {
        assertThat(Printable.word(text)).isEqualTo(shown);
        var shell = new ProcessBuilder("sh", "-c", "printf %s " + shown).start();
        assertThat(shell.getInputStream().readAllBytes()).asString().isEqualTo(text);
    }

    @Test
    void aValueWithAnEscapeIsQuoted() {
        assertThat(Printable.quote("a\033b")).isEqualTo("\"a\\x1bb\"");
    }

    @Provide
    Arbitrary<String> anything() {
        var rare = Arbitraries.of(
                '\0', '\033', '\n', '\t', '\r', '\u0085', '\u009b', '\u202e', '\u2067', '\ud800', '\udc00', '\ufeff');
        return Arbitraries.strings()
                .withChars('a', 'z')
                .withCharRange('\0', '\uffff')
                .ofMaxLength(40)
                .flatMap(s -> rare.map(c -> s + c + s));
    }

    @Property(seed = "1")
    void nothingThatATerminalObeysIsLeft(@ForAll("anything") String text) {
        assertThat(Printable.line(text).codePoints()).noneMatch(PrintableTest::obeyed);
        assertThat(Printable.lines(text).codePoints().filter(c -> c != '\n' && c != '\t'))
                .noneMatch(PrintableTest::obeyed);
        assertThat(Printable.quote(text).codePoints()).noneMatch(PrintableTest::obeyed);
    }

    @Property(seed = "1")
    void whatIsPrintableAlreadyIsLeftAlone(@ForAll("anything") String text) {
        var once = Printable.line(text);
        assertThat(Printable.line(once)).isEqualTo(once);
    }

    private static boolean obeyed(int c) {
        return Character.isISOControl(c)
                || c >= 0xd800 && c < 0xe000
                || c >= 0x200b && c <= 0x200f
                || c >= 0x2028 && c <= 0x202e
                || c >= 0x2060 && c <= 0x206f
                || c == 0xfeff;
    }
}
