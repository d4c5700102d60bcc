package banger.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A program about to be started: words, environment (nothing is inherited), standard input. */
final class Program {
    private static final Duration DEADLINE = Duration.ofMinutes(3);

    private final List<String> words;
    private final Map<String, String> environment;
    private Duration deadline = DEADLINE;
    private byte[] input = new byte[0];
    private boolean endInput = true;

    Program(List<String> words, Map<String, String> environment) {
        this.words = List.copyOf(words);
        this.environment = new LinkedHashMap<>(environment);
    }

    Program env(String name, String value) {
        environment.put(name, value);
        return this;
    }

    /** All that standard input will have; without it, it is empty. */
    Program in(byte[] bytes) {
        input = bytes;
        return this;
    }

    Program within(Duration limit) {
        deadline = limit;
        return this;
    }

    /** The same with a redirection or closing of descriptors written as a shell does: {@code <&-}, {@code >&-}. */
    Program redirected(String redirections) {
        var all = new ArrayList<>(List.of("sh", "-c", "exec \"$@\" " + redirections, "sh"));
        all.addAll(words);
        var program = new Program(all, environment);
        program.deadline = deadline;
        program.input = input;
        return program;
    }

    /** The same on a terminal of 101 columns and 37 rows, as all three streams. */
    Program onTerminal() {
        var line = new StringBuilder("stty cols 101 rows 37; exec");
        for (var word : words)
            line.append(" '").append(word.replace("'", "'\\''")).append('\'');
        var all = List.of("script", "--quiet", "--return", "--flush", "--command", line.toString(), "/dev/null");
        var program =
                new Program(all, environment).env("TERM", "xterm-256color").env("SHELL", "/bin/sh");
        program.deadline = deadline;
        program.input = input;
        // At the end of its own input script(1) types ctrl-d, whatever runs there.
        program.endInput = false;
        return program;
    }

    /** Runs it to its end. */
    Ended run() {
        try (var running = start()) {
            running.send(input);
            if (endInput) running.endInput();
            return running.await();
        }
    }

    /** Starts it; its input stays open. */
    Running start() {
        try {
            // A signal that whoever started the tests ignores would be ignored by all below.
            var all = new ArrayList<>(List.of("/usr/bin/env", "--default-signal=INT,QUIT,HUP,PIPE,TERM"));
            all.addAll(words);
            var builder = new ProcessBuilder(all).directory(Path.of("/").toFile());
            builder.environment().clear();
            builder.environment().putAll(environment);
            return new Running(words, builder.start(), deadline);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
