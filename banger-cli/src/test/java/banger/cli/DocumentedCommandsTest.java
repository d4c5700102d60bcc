package banger.cli;

import static org.assertj.core.api.Assertions.assertThat;

import banger.api.BangerException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every command line that a document or a help page shows is one that banger understands. */
class DocumentedCommandsTest {
    private static final Path CHECKOUT = Path.of(System.getProperty("banger.checkout", ".."));
    private static final Pattern FENCE = Pattern.compile("(?ms)^```[a-z]*\\n(.*?)^```$");
    private static final Pattern INLINE = Pattern.compile("`(banger [^`\\n]+)`");
    private static final Pattern SUBSTITUTION = Pattern.compile("[$<]\\(([^()]*)\\)");
    private static final String PROXY = "ProxyCommand=";
    private static final Pattern REMEDY =
            Pattern.compile("\\bbanger ((vm|image|kernel|daemon)( [a-z]+)|doctor|ps|version|completion|help)\\b");

    @Test
    void inBlocksOfDocuments() throws IOException {
        var shown = new ArrayList<String>();
        for (var document : documents())
            for (var block : groups(FENCE, Files.readString(document))) {
                boolean transcript = block.startsWith("$ ");
                block.lines()
                        .filter(l -> !transcript || l.startsWith("$ "))
                        .map(l -> transcript ? l.substring(2) : l)
                        .forEach(shown::add);
            }
        assertThat(shown.stream().mapToInt(l -> check(l).size()).sum()).isGreaterThan(30);
    }

    @Test
    void inSentencesOfDocuments() throws IOException {
        for (var document : documents())
            for (var line :
                    groups(INLINE, FENCE.matcher(Files.readString(document)).replaceAll("")))
                for (var words : commands(line)) {
                    var refused = refusal(words);
                    // A sentence may name a command without saying what it is to work on.
                    assertThat(refused.filter(r -> !r.contains(" is missing")))
                            .as(document.getFileName() + ": " + line)
                            .isEmpty();
                }
    }

    @Test
    void inHelpPages() {
        for (var verb : Verbs.all())
            for (var example : verb.examples())
                assertThat(check(example)).as(verb.path()).isNotEmpty();
    }

    @Test
    void inWhatToReadNext() {
        for (var verb : Verbs.all())
            for (var part : ReadNext.after(verb.path()).split("; |, "))
                // What is no command is a sentence; a command may have a sentence behind it.
                if (part.startsWith("banger "))
                    assertThat(Verbs.length(List.of(part.substring("banger ".length())
                                                    .split(" ")))
                                            > 0
                                    || part.startsWith("banger help"))
                            .as(verb.path() + ": " + part)
                            .isTrue();
    }

    @Test
    void inTheTour() throws IOException {
        var tour = Files.readString(CHECKOUT.resolve("banger-cli/src/test/resources/golden/help/start.txt"));
        var shown = tour.lines().filter(l -> l.startsWith("  banger ")).toList();
        assertThat(shown)
                .hasSizeGreaterThan(8)
                .allSatisfy(l -> assertThat(check(l.strip())).isNotEmpty());
    }

    @Test
    void inRemedies() throws IOException {
        var unknown = new ArrayList<String>();
        for (var module : List.of("banger-api", "banger-cli", "banger-daemon", "banger-net"))
            try (var files = Files.walk(CHECKOUT.resolve(module).resolve("src/main/java"))) {
                for (var file :
                        files.filter(f -> f.toString().endsWith(".java")).toList())
                    for (var path : groups(REMEDY, code(file)))
                        if (!known(path)) unknown.add(file.getFileName() + ": banger " + path);
            }
        assertThat(unknown).isEmpty();
    }

    private static boolean known(String path) {
        var words = List.of(path.split(" "));
        // Two words are looked at: they may be the beginning of a longer name.
        return path.equals("help")
                || Verbs.length(words) == words.size()
                || Verbs.paths().stream().anyMatch(name -> name.startsWith(path + " "));
    }

    private static List<Path> documents() throws IOException {
        try (var top = Files.list(CHECKOUT);
                var below = Files.walk(CHECKOUT.resolve("docs"))) {
            return Stream.concat(top, below)
                    .filter(p -> p.getFileName().toString().endsWith(".md"))
                    .sorted()
                    .toList();
        }
    }

    /** String literals only: comments may speak of what is to come. */
    private static String code(Path file) {
        try {
            return String.join("\n", groups(Pattern.compile("\"((?:[^\"\\\\\\n]|\\\\.)*)\""), Files.readString(file)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @return the commands of ours in it, all of which were understood */
    private static List<List<String>> check(String line) {
        var commands = commands(line);
        for (var words : commands) assertThat(refusal(words)).as(line).isEmpty();
        return commands;
    }

    /** Why a command is not understood. */
    private static Optional<String> refusal(List<String> words) {
        if (words.isEmpty() || List.of("help", "-h", "--help", "--version").contains(words.getFirst()))
            return Optional.empty();
        if (words.size() == 1 && !Verbs.group(words.getFirst()).isEmpty()) return Optional.empty();
        // banger vm --help: the group's own help.
        if (words.size() == 2 && words.get(1).equals("--help")) return Optional.empty();
        var verb = Verbs.find(words);
        if (verb.isEmpty()) return Optional.of("no command " + words);
        int taken = Verbs.length(words);
        var own = words.subList(taken, words.size());
        try {
            CommandLine.parse(
                    verb.get(),
                    own,
                    own.stream().map(w -> w.getBytes(StandardCharsets.UTF_8)).toList());
            return Optional.empty();
        } catch (BangerException e) {
            return Optional.of(e.fact());
        }
    }

    /** The words after {@code banger} of each command of ours in a shell line. */
    private static List<List<String>> commands(String line) {
        var found = new ArrayList<List<String>>();
        var rest = line;
        for (Matcher m = SUBSTITUTION.matcher(rest); m.find(); m = SUBSTITUTION.matcher(rest)) {
            found.addAll(commands(m.group(1)));
            rest = rest.substring(0, m.start()) + "X" + rest.substring(m.end());
        }
        for (var words : simpleCommands(rest)) {
            // ssh runs this one.
            for (var word : words) if (word.startsWith(PROXY)) found.addAll(commands(word.substring(PROXY.length())));
            int first = 0;
            while (first < words.size() && words.get(first).matches("[A-Z_]+=.*")) first++;
            if (first == words.size() || !words.get(first).matches("(\\./)?banger")) continue;
            // The launcher's own flag.
            if (words.size() > first + 1 && words.get(first + 1).equals("--yes")) first++;
            found.add(words.subList(first + 1, words.size()));
        }
        return found;
    }

    /** Words by command, quotes resolved, redirections and comments dropped; as much of a shell as the documents use. */
    private static List<List<String>> simpleCommands(String line) {
        var all = new ArrayList<List<String>>();
        var words = new ArrayList<String>();
        var word = new StringBuilder();
        boolean inWord = false;
        char quote = 0;
        for (char c : (line + ";").toCharArray()) {
            if (quote != 0) {
                if (c == quote) quote = 0;
                else word.append(c);
            } else if (c == '\'' || c == '"') {
                quote = c;
                inWord = true;
            } else if (" ;|&".indexOf(c) >= 0) {
                if (inWord) words.add(word.toString());
                word.setLength(0);
                inWord = false;
                if (c != ' ') {
                    all.add(List.copyOf(upToRedirection(words)));
                    words.clear();
                }
            } else {
                word.append(c);
                inWord = true;
            }
        }
        return all;
    }

    private static List<String> upToRedirection(List<String> words) {
        for (int i = 0; i < words.size(); i++) if (words.get(i).matches("[<>#].*|…")) return words.subList(0, i);
        return words;
    }

    private static List<String> groups(Pattern pattern, String text) {
        var found = new ArrayList<String>();
        for (Matcher m = pattern.matcher(text); m.find(); ) found.add(m.group(1));
        return found;
    }
}
