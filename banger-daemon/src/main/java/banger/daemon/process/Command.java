package banger.daemon.process;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A host program to run: an argument vector, never a line for a shell.
 *
 * @param arguments program first; a program without a slash is looked up in {@link Programs}
 * @param environment added to the small fixed environment every program gets
 * @param input bytes for its standard input; empty: {@code /dev/null}
 * @param deadline after which it and its descendants are killed
 * @param outputLimit bytes kept of each of stdout and stderr; what is over is dropped from the front of
 *     stderr, and makes the run fail for stdout
 */
public record Command(
        List<String> arguments,
        Map<String, String> environment,
        Optional<Path> directory,
        byte[] input,
        Duration deadline,
        int outputLimit) {
    private static final Duration DEFAULT_DEADLINE = Duration.ofSeconds(30);
    private static final int DEFAULT_OUTPUT = 1 << 20;

    public Command {
        if (arguments.isEmpty()) throw new IllegalArgumentException("no program");
        arguments = List.copyOf(arguments);
        environment = Map.copyOf(environment);
    }

    public static Command of(String program, String... arguments) {
        var all = new ArrayList<String>();
        all.add(program);
        all.addAll(List.of(arguments));
        return of(all);
    }

    public static Command of(List<String> arguments) {
        return new Command(arguments, Map.of(), Optional.empty(), new byte[0], DEFAULT_DEADLINE, DEFAULT_OUTPUT);
    }

    public Command with(String variable, String value) {
        var more = new java.util.HashMap<>(environment);
        more.put(variable, value);
        return new Command(arguments, more, directory, input, deadline, outputLimit);
    }

    public Command in(Path dir) {
        return new Command(arguments, environment, Optional.of(dir), input, deadline, outputLimit);
    }

    public Command input(byte[] bytes) {
        return new Command(arguments, environment, directory, bytes, deadline, outputLimit);
    }

    public Command within(Duration time) {
        return new Command(arguments, environment, directory, input, time, outputLimit);
    }

    public String program() {
        return arguments.getFirst();
    }
}
