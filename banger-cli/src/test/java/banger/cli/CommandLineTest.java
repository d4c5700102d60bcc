package banger.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.BangerException;
import banger.api.ErrorCode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class CommandLineTest {
    private static Invocation parse(String path, String... words) {
        return CommandLine.parse(verb(path), List.of(words), raw(words));
    }

    private static Verb verb(String path) {
        return Verbs.find(List.of(path.split(" "))).orElseThrow();
    }

    private static List<byte[]> raw(String... words) {
        return Arrays.stream(words).map(w -> w.getBytes(StandardCharsets.UTF_8)).toList();
    }

    private static BangerException refused(String path, String... words) {
        var thrown = new ArrayList<BangerException>();
        assertThatThrownBy(() -> parse(path, words)).isInstanceOfSatisfying(BangerException.class, thrown::add);
        assertThat(thrown.getFirst().code()).isEqualTo(ErrorCode.USAGE);
        return thrown.getFirst();
    }

    static Stream<String> verbs() {
        return Verbs.paths().stream();
    }

    @Test
    void flagsOperandsAndTheCommandAreToldApart() {
        var i = parse("vm run", "--name", "box", "--memory=2G", "-d", "-e", "A=1", "-e", "B=x y", "--", "make", "-j4");
        assertThat(i.value("--name")).contains("box");
        assertThat(i.value("--memory")).contains("2G");
        assertThat(i.has("--detach")).isTrue();
        assertThat(i.has("--rm")).isFalse();
        assertThat(i.all("--env")).containsExactly("A=1", "B=x y");
        assertThat(i.separator()).isTrue();
        assertThat(i.command())
                .extracting(b -> new String(b, StandardCharsets.UTF_8))
                .containsExactly("make", "-j4");
        assertThat(i.operands()).isEmpty();
    }

    @Test
    void theLastOfARepeatedValueCountsAndARepeatedFlagIsOne() {
        assertThat(parse("vm create", "--name", "a", "--name", "b").value("--name"))
                .contains("b");
        assertThat(parse("vm list", "-q", "--quiet", "--json", "--json").has("--quiet"))
                .isTrue();
    }

    @Test
    void shortFlagsMayStandTogetherAndHoldTheirValue() {
        var i = parse("vm exec", "box", "-tuapp", "-w/src", "--", "true");
        assertThat(i.has("--tty")).isTrue();
        assertThat(i.value("--user")).contains("app");
        assertThat(i.value("--cwd")).contains("/src");
    }

    @Test
    void anEmptyValueIsAValue() {
        assertThat(parse("vm exec", "box", "--cwd=", "--", "true").value("--cwd"))
                .contains("");
        assertThat(parse("vm exec", "box", "--cwd", "", "--", "true").value("--cwd"))
                .contains("");
    }

    @Test
    void whatLooksLikeAFileOfArgumentsIsAWord(@TempDir Path directory) throws IOException {
        var file = Files.writeString(directory.resolve("arguments"), "--json box\n");
        var i = parse("vm stop", "@" + file, "@@x", "@nothing");
        assertThat(i.operands()).containsExactly("@" + file, "@@x", "@nothing");
        assertThat(i.has("--json")).isFalse();
    }

    @Test
    void quotesVariablesAndCommasMeanNothingHere() {
        assertThat(parse("vm exec", "box", "-e", "A=${user.home},b", "-e", "\"Q\"=\"v\"", "--", "true")
                        .all("--env"))
                .containsExactly("A=${user.home},b", "\"Q\"=\"v\"");
    }

    @Test
    void aDashIsAnOperand() {
        assertThat(parse("vm start", "-").operands()).containsExactly("-");
        assertThat(parse("vm start", "box", "--", "-x").operands()).containsExactly("box", "-x");
    }

    @Property(seed = "1")
    void wordsAfterTheSeparatorAreTheGuestsByteForByte(@ForAll @Size(max = 8) List<@Size(max = 20) byte[]> command) {
        var words = new ArrayList<>(List.of("box", "--"));
        var raw = new ArrayList<>(raw("box", "--"));
        for (var argument : command) {
            words.add(new String(argument, StandardCharsets.UTF_8));
            raw.add(argument);
        }
        assertThat(CommandLine.parse(verb("vm exec"), words, raw).command()).isEqualTo(command);
    }

    @Test
    void onlyTheFirstSeparatorSeparates() {
        var i = parse("vm exec", "box", "--", "sh", "--", "-q");
        assertThat(i.command()).hasSize(3);
        assertThat(i.has("--quiet")).isFalse();
        assertThat(parse("vm run", "--").separator()).isTrue();
        assertThat(parse("vm run").separator()).isFalse();
    }

    @ParameterizedTest
    @MethodSource("verbs")
    void everyVerbNamesAnUnknownFlag(String path) {
        var e = refused(path, "--frobnicate");
        assertThat(e.fact()).isEqualTo(path + ": no flag --frobnicate");
        assertThat(e.remedies()).containsExactly("banger " + path + " --help");
    }

    @ParameterizedTest
    @MethodSource("verbs")
    void everyVerbGuessesAtAFlagMistyped(String path) {
        assertThat(refused(path, "--quite").remedies()).containsExactly("did you mean --quiet?");
        for (var flag : verb(path).flags()) {
            var typed = flag.key().substring(0, flag.key().length() - 1) + "_"
                    + flag.key().charAt(flag.key().length() - 1);
            assertThat(refused(path, typed).remedies()).hasSize(1).allMatch(r -> r.startsWith("did you mean --"));
        }
    }

    @ParameterizedTest
    @MethodSource("verbs")
    void everyVerbMissesAValue(String path) {
        for (var flag : verb(path).flags()) {
            if (flag.value().isEmpty()) continue;
            for (var name : flag.all()) {
                var e = refused(path, name);
                assertThat(e.fact()).isEqualTo(flag.key() + " needs a value");
                assertThat(e.remedies()).containsExactly("banger " + path + " --help");
            }
        }
    }

    @ParameterizedTest
    @MethodSource("verbs")
    void everyVerbRefusesAValueWhereNoneBelongs(String path) {
        for (var flag : verb(path).flags()) {
            if (!flag.value().isEmpty()) continue;
            assertThat(refused(path, flag.key() + "=yes").fact()).isEqualTo(flag.key() + " takes no value");
        }
    }

    @ParameterizedTest
    @MethodSource("verbs")
    void everyVerbCountsItsOperands(String path) {
        var verb = verb(path);
        var words = new String[verb.least()];
        Arrays.fill(words, "x");
        assertThat(parse(path, words).operands()).hasSize(verb.least());
        if (verb.least() > 0) {
            assertThat(refused(path, Arrays.copyOf(words, verb.least() - 1)).fact())
                    .isEqualTo(path + ": " + verb.operands() + " is missing");
        }
        if (verb.most() == Verb.MANY) return;
        var many = new String[verb.most() + 1];
        Arrays.fill(many, "two words");
        assertThat(refused(path, many).fact()).isEqualTo(path + ": \"two words\" is one too many");
    }

    @ParameterizedTest
    @MethodSource("verbs")
    void helpNeedsNothingElse(String path) {
        assertThat(parse(path, "--help").has("--help")).isTrue();
        assertThat(parse(path, "-h", "a", "b", "c").has("--help")).isTrue();
    }

    @Test
    void aFlagInPlaceOfAValueIsNotTakenForOne() {
        assertThat(refused("vm run", "--name", "--rm").fact()).isEqualTo("--name needs a value");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\033[31m", "--x\ny", "-\u202e"})
    void hostileWordsAreShownAndNotObeyed(String word) {
        var e = refused("vm list", word);
        assertThat(e.fact() + e.remedies())
                .doesNotContain("\033")
                .doesNotContain("\n")
                .doesNotContain("\u202e");
    }
}
