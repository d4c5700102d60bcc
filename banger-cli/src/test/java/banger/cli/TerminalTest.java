package banger.cli;

import static org.assertj.core.api.Assertions.assertThat;

import banger.api.text.Table;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TerminalTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private Terminal terminal(String ttys, Map<String, String> environment, boolean noColor) {
        return new Terminal(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                ttys,
                environment,
                noColor);
    }

    private String shown() {
        return err.toString(StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @CsvSource({
        // ttys, TERM, NO_COLOR, CLICOLOR_FORCE, --no-color, colour
        "111, xterm, , , false, true",
        "001, xterm, , , false, true",
        "110, xterm, , , false, false",
        "000, xterm, , , false, false",
        "111, dumb, , , false, false",
        "111, , , , false, false",
        "111, xterm, 1, , false, false",
        "111, xterm, , , true, false",
        "000, xterm, , 1, false, true",
        "000, , , 1, false, true",
        "000, xterm, , 0, false, false",
        "000, xterm, 1, 1, false, false",
        "111, xterm, , 1, true, false"
    })
    void colourIsWhereItIsWanted(String ttys, String term, String noColor, String force, boolean flag, boolean colour) {
        var environment = new HashMap<String, String>();
        if (term != null) environment.put("TERM", term);
        if (noColor != null) environment.put("NO_COLOR", noColor);
        if (force != null) environment.put("CLICOLOR_FORCE", force);
        var terminal = terminal(ttys, environment, flag);
        terminal.error("vm box: no", List.of("banger ps"));
        terminal.warning("w");
        terminal.dim("d");
        assertThat(shown())
                .isEqualTo(
                        colour
                                ? "\033[31merror:\033[0m vm box: no\n  banger ps\n\033[33mwarning:\033[0m w\n\033[2md\033[0m\n"
                                : "error: vm box: no\n  banger ps\nwarning: w\nd\n");
    }

    @Test
    void aLiveLineIsErasedByWhateverComesNext() {
        var terminal = terminal("111", Map.of("TERM", "xterm"), true);
        terminal.live("one");
        terminal.live("two");
        terminal.line("done");
        terminal.line("more");
        assertThat(shown()).isEqualTo("\r\033[K\033[?7lone\033[?7h\r\033[K\033[?7ltwo\033[?7h\r\033[Kdone\nmore\n");
    }

    @ParameterizedTest
    @CsvSource({"110, xterm", "111, dumb", "111,"})
    void whatIsNoTerminalForItGetsNoLiveLine(String ttys, String term) {
        var terminal = terminal(ttys, term == null ? Map.of() : Map.of("TERM", term), false);
        terminal.live("one");
        terminal.clearLive();
        terminal.prompt("sure? ");
        assertThat(shown()).isEqualTo("sure? ");
    }

    @Test
    void quietLeavesErrorsOnly() {
        var terminal = terminal("111", Map.of("TERM", "xterm"), true);
        terminal.quiet();
        terminal.live("live");
        terminal.line("line");
        terminal.dim("dim");
        terminal.note("note");
        terminal.warning("warning");
        terminal.error("fact", List.of());
        assertThat(shown()).isEqualTo("error: fact\n");
        assertThat(terminal.isQuiet()).isTrue();
    }

    @Test
    void textOfOthersInAnErrorIsNotObeyed() {
        terminal("111", Map.of("TERM", "xterm"), true).error("a\033[2Jb", List.of("c\033]0;x\007d"));
        assertThat(shown()).isEqualTo("error: a\\x1b[2Jb\n  c\\x1b]0;x\\x07d\n");
    }

    @Test
    void aQuestionNeedsSomebodyToAskAndToAnswer() {
        assertThat(terminal("111", Map.of(), false).interactive()).isTrue();
        assertThat(terminal("101", Map.of(), false).interactive()).isTrue();
        assertThat(terminal("011", Map.of(), false).interactive()).isFalse();
        assertThat(terminal("110", Map.of(), false).interactive()).isFalse();
        assertThat(terminal("110", Map.of(), false).inputIsTerminal()).isTrue();
        assertThat(terminal("110", Map.of(), false).outputIsTerminal()).isTrue();
        assertThat(terminal("001", Map.of(), false).outputIsTerminal()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        // BANGER_USER_LC_ALL, LC_CTYPE, LANG, UTF-8
        ", , C.UTF-8, true",
        ", , en_US.utf8, true",
        ", , , false",
        ", , C, false",
        "C, C.UTF-8, C.UTF-8, false",
        ", POSIX, C.UTF-8, false",
        "de_DE.UTF-8, C, C, true"
    })
    void ourWordsAreInCharactersThatTheLocaleHas(String all, String ctype, String lang, boolean utf8) {
        var environment = new HashMap<String, String>();
        if (all != null) environment.put("BANGER_USER_LC_ALL", all);
        if (ctype != null) environment.put("LC_CTYPE", ctype);
        if (lang != null) environment.put("LANG", lang);
        var terminal = terminal("000", environment, false);
        terminal.line("fetching…");
        terminal.words().println("usage: VM…");
        terminal.out().println("\"data…\"");
        assertThat(shown()).isEqualTo(utf8 ? "fetching…\n" : "fetching...\n");
        assertThat(out.toString(StandardCharsets.UTF_8))
                .isEqualTo((utf8 ? "usage: VM…\n" : "usage: VM...\n") + "\"data…\"\n");
    }

    @Test
    void aTableFitsTheTerminalAndIsWholeInAPipe() {
        var table = new Table().text("NAME");
        table.row("a-name-that-is-rather-long");
        var environment = Map.of("LANG", "C.UTF-8", "COLUMNS", "12");
        terminal("010", environment, false).table(table);
        assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("NAME\na-name-that…\n");
        out.reset();
        terminal("000", environment, false).table(table);
        assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("NAME\na-name-that-is-rather-long\n");
    }
}
