package banger.cli;

import banger.api.Layout;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * Runs everyday commands in one JVM, so that {@code scripts/train-aot} can make the AOT cache from what
 * they load. A main class of its own; not part of any command.
 */
public final class Training {
    private Training() {}

    /** @param commandLines one command a word, its own words separated by blanks */
    public static void main(String[] commandLines) {
        var environment = System.getenv();
        var layout = Layout.of(environment, Path.of(environment.getOrDefault("HOME", "/")));
        for (var line : commandLines) {
            var words = Arrays.asList(line.split(" "));
            var sink = new PrintStream(new ByteArrayOutputStream(), false, StandardCharsets.UTF_8);
            var terminal = new Terminal(sink, sink, "000", environment, false);
            var starter = new DaemonStarter(
                    layout,
                    Path.of(System.getProperty("banger.dist", "")),
                    System.getProperty("banger.build", "unknown"),
                    terminal);
            List<byte[]> raw =
                    words.stream().map(w -> w.getBytes(StandardCharsets.UTF_8)).toList();
            new Cli(new Session(terminal, new Session.Streams(System.in, sink, sink), environment, layout, starter))
                    .run(words, raw);
        }
    }
}
