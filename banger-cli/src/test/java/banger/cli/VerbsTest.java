package banger.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class VerbsTest {
    static Stream<Verb> verbs() {
        return Verbs.all().stream();
    }

    @Test
    void everyNameIsBuiltUnderItsOwnNameAndNoneTwice() {
        assertThat(Verbs.paths()).doesNotHaveDuplicates();
        for (var path : Verbs.paths())
            assertThat(Verbs.find(List.of(path.split(" "))).orElseThrow().path())
                    .isEqualTo(path);
    }

    @Test
    void everyAliasMeansACommandThatIsListed() {
        assertThat(Verbs.aliases()).doesNotHaveDuplicates().doesNotContainAnyElementsOf(Verbs.paths());
        for (var alias : Verbs.aliases())
            assertThat(Verbs.paths())
                    .contains(
                            Verbs.find(List.of(alias.split(" "))).orElseThrow().path());
    }

    @Test
    void wordsAfterTheNameAreNotPartOfIt() {
        assertThat(Verbs.length(List.of("vm", "run", "x"))).isEqualTo(2);
        assertThat(Verbs.length(List.of("ps", "x"))).isEqualTo(1);
        assertThat(Verbs.length(List.of("vm", "frob"))).isZero();
        assertThat(Verbs.length(List.of("vm"))).isZero();
        assertThat(Verbs.length(List.of())).isZero();
        assertThat(Verbs.find(List.of("vm"))).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("verbs")
    void noFlagIsThereTwice(Verb verb) {
        var names = Stream.concat(verb.flags().stream(), CommandLine.COMMON.stream())
                .flatMap(f -> Arrays.stream(f.all()))
                .toList();
        assertThat(names).doesNotHaveDuplicates().allMatch(n -> n.matches("-[a-zA-Z]|--[a-z]+[0-9]*(-[a-z]+)*"));
        assertThat(verb.flags()).allMatch(f -> f.key().startsWith("--"));
    }

    @ParameterizedTest
    @MethodSource("verbs")
    void summariesAndHelpsAreOneLineWithoutAFullStop(Verb verb) {
        assertThat(verb.summary()).isNotBlank().doesNotContain("\n").doesNotEndWith(".");
        for (var flag : verb.flags()) {
            assertThat(flag.help()).isNotBlank().doesNotContain("\n").doesNotEndWith(".");
            assertThat(Character.isUpperCase(flag.help().charAt(0))
                            && !flag.help().startsWith("JSON"))
                    .isFalse();
        }
    }

    @ParameterizedTest
    @MethodSource("verbs")
    void everyExampleParses(Verb verb) {
        assertThat(verb.examples()).isNotEmpty();
        for (var example : verb.examples()) {
            var commands = commands(example);
            assertThat(commands).describedAs(example).isNotEmpty();
            for (var words : commands) {
                var found = Verbs.find(words).orElseThrow();
                var rest = words.subList(Verbs.length(words), words.size());
                CommandLine.parse(
                        found,
                        rest,
                        rest.stream()
                                .map(w -> w.getBytes(StandardCharsets.UTF_8))
                                .toList());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("verbs")
    void oneExampleAtLeastShowsTheVerbItself(Verb verb) {
        assertThat(verb.examples().stream().flatMap(e -> commands(e).stream()))
                .anyMatch(w -> Verbs.find(w).orElseThrow().path().equals(verb.path()));
    }

    /** The commands of ours in a line for a shell, as words: enough of its grammar for our examples. */
    private static List<List<String>> commands(String line) {
        var found = new ArrayList<List<String>>();
        for (int at = line.indexOf("banger "); at >= 0; at = line.indexOf("banger ", at + 1)) {
            char before = at == 0 ? ' ' : line.charAt(at - 1);
            char closing = before == '(' ? ')' : before == '\'' ? '\'' : '\0';
            found.add(words(line.substring(at + "banger ".length()), closing));
        }
        return found;
    }

    private static List<String> words(String text, char closing) {
        var words = new ArrayList<String>();
        var word = new StringBuilder();
        boolean quoted = false;
        for (char c : (text + " ").toCharArray()) {
            if (c == closing && !quoted || !quoted && (c == '|' || c == '>' || c == ';')) break;
            if (c == '\'') quoted = !quoted;
            else if (c != ' ' || quoted) word.append(c);
            else if (!word.isEmpty()) {
                words.add(word.toString());
                word.setLength(0);
            }
        }
        if (!word.isEmpty()) words.add(word.toString());
        return words;
    }
}
