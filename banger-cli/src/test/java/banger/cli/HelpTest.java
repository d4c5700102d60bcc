package banger.cli;

import static org.assertj.core.api.Assertions.assertThat;

import banger.api.testing.Golden;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class HelpTest {
    private static final int LINES = 24;
    /** It has the flags of making a VM, of bringing a repository in and of running a command. */
    private static final int RUN_LINES = 46;

    private static final int VM_LINES = 36;

    /** A tour is read, not looked at. */
    private static final int TOUR_LINES = 32;

    private static final int COLUMNS = 100;

    @TempDir
    Path home;

    private Prompt prompt;

    @BeforeEach
    void open() {
        prompt = new Prompt(home);
    }

    @AfterEach
    void close() {
        assertThat(prompt.daemon().requests()).describedAs("help asks nobody").isEmpty();
        prompt.close();
    }

    static Stream<String> pages() {
        var groups = Stream.of("", "start", "vm", "image", "kernel", "engine", "daemon");
        return Stream.concat(groups, Verbs.paths().stream());
    }

    private String shown(String... words) {
        var ran = prompt.run(words);
        assertThat(ran.status()).isZero();
        assertThat(ran.err()).isEmpty();
        return ran.out();
    }

    @ParameterizedTest
    @MethodSource("pages")
    void aPageFitsAScreenAndIsWhatItWas(String page) {
        var words = page.isEmpty() ? List.<String>of() : List.of(page.split(" "));
        var text = shown(Stream.concat(Stream.of("help"), words.stream()).toArray(String[]::new));
        Golden.check("help/" + (page.isEmpty() ? "banger" : page.replace(' ', '-')) + ".txt", text);
        assertThat(text.lines().count()).isLessThanOrEqualTo(lines(page));
        assertThat(text.lines()).allMatch(l -> l.length() <= COLUMNS).allMatch(l -> l.equals(l.stripTrailing()));
        if (page.equals("start")) return;
        var asFlag = Stream.concat(words.stream(), Stream.of("--help")).toArray(String[]::new);
        assertThat(shown(asFlag)).isEqualTo(text);
        asFlag[asFlag.length - 1] = "-h";
        assertThat(shown(asFlag)).isEqualTo(text);
    }

    /** {@code vm run} has the flags of several commands, {@code vm} more commands than a screen has lines. */
    private static int lines(String page) {
        return switch (page) {
            case "vm run" -> RUN_LINES;
            case "vm" -> VM_LINES;
            case "start" -> TOUR_LINES;
            default -> LINES;
        };
    }

    @Test
    void bangerAloneAndAGroupAloneShowTheirPage() {
        assertThat(shown()).isEqualTo(shown("help"));
        assertThat(shown("vm")).isEqualTo(shown("help", "vm"));
    }

    @Test
    void everyVerbIsOnItsGroupsPageAndEveryGroupOnTheFirst() {
        for (var path : Verbs.paths()) {
            var words = path.split(" ");
            assertThat(shown("help")).contains(words[0]);
            if (words.length == 2) assertThat(shown("help", words[0])).contains("\n" + path + "  ");
        }
    }

    @Test
    void aTypoInATopicIsSeen() {
        for (var typo : List.of("strat", "star", "starts")) {
            var ran = prompt.run("help", typo);
            assertThat(ran.status()).isEqualTo(2);
            assertThat(ran.err()).isEqualTo("error: no help about " + typo + "\n  did you mean banger help start?\n");
        }
    }

    @Test
    void whatBelongsToVmIsFoundWithoutIt() {
        for (var word : List.of("run", "exec", "start", "delete")) {
            var ran = prompt.run(word, "box");
            assertThat(ran.status()).isEqualTo(2);
            assertThat(ran.err())
                    .isEqualTo("error: no command \"banger " + word + "\"\n  did you mean banger vm " + word + "?\n");
        }
    }

    @Test
    void whatOtherProgramsCallTheSameIsUnderstood() {
        assertThat(prompt.run("snapshot", "delete", "box", "1").err()).endsWith("did you mean banger snapshot rm?\n");
        assertThat(prompt.run("env", "remove", "x").err()).endsWith("did you mean banger env rm?\n");
        assertThat(prompt.run("vm", "inspect", "x").err()).endsWith("did you mean banger vm show?\n");
        assertThat(prompt.run("snapshot", "frobnicate").err())
                .isEqualTo("error: no command \"banger snapshot frobnicate\"\n  banger help snapshot\n");
    }

    @Test
    void aLetterThatIsNoFlagIsNotTakenForAnother() {
        assertThat(prompt.run("ps", "-a").err()).isEqualTo("error: vm list: no flag -a\n  banger vm list --help\n");
    }
}
