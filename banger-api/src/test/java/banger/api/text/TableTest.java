package banger.api.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class TableTest {
    @Test
    void textIsLeftAndNumbersAreRight() {
        var table = new Table().text("NAME").number("MEM").text("STATE");
        table.row("a", "512 MiB", "running");
        table.row("brave-otter", "8 MiB", "");
        assertThat(table).hasToString("""
                NAME             MEM  STATE
                a            512 MiB  running
                brave-otter    8 MiB
                """);
    }

    @Test
    void withoutRowsThereAreTheHeaders() {
        assertThat(new Table().text("NAME").number("MEM")).hasToString("NAME  MEM\n");
    }

    @Test
    void wideTextKeepsTheColumnsStraight() {
        var table = new Table().text("NAME").text("STATE");
        table.row("日本", "running");
        table.row("e\u0301te", "running");
        table.row("abcd", "running");
        assertThat(table).hasToString("""
                NAME  STATE
                日本  running
                e\u0301te   running
                abcd  running
                """);
    }

    @Test
    void onANarrowTerminalTheWidestTextIsCut() {
        var table = new Table().text("NAME").number("MEM").text("WORKSPACE");
        table.row("brave-otter", "512 MiB", "~/src/a-rather-long-name@3f2a91c");
        table.row("toad", "8 MiB", "-");
        assertThat(table.within(40)).isEqualTo("""
                NAME             MEM  WORKSPACE
                brave-otter  512 MiB  ~/src/a-rather-lo…
                toad           8 MiB  -
                """);
        assertThat(table.within(54)).isEqualTo(table.toString());
        // There is a width below which nothing would be left to read.
        assertThat(table.within(10)).contains("~/src/a-…").contains("brave-otter");
    }

    @Test
    void whatATerminalWouldObeyIsShown() {
        var table = new Table().text("NAME");
        table.row("a\033[2Jb\nc");
        assertThat(table).hasToString("NAME\na\\x1b[2Jb\\x0ac\n");
    }

    @Test
    void aRowHasACellForEachColumn() {
        assertThatThrownBy(() -> new Table().text("A").row("1", "2")).isInstanceOf(IllegalArgumentException.class);
    }
}
