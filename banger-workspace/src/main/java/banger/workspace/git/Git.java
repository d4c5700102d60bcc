package banger.workspace.git;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.process.ProgramRun;
import banger.api.process.ProgramRun.Feed;
import banger.api.process.ProgramRun.Take;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Runs git in one directory with one environment: argument vectors, bytes in and out, bounded in time, memory and
 * output, ended when the caller is interrupted. Paths never go into the arguments, but NUL-separated to its input.
 *
 * @param directory where it is started
 * @param time after which it is killed
 * @param memory bytes of address space that it may have
 * @param output bytes of standard output that are kept
 */
public record Git(Path directory, GitEnvironment environment, Duration time, long memory, int output) {
    private static final Duration TIME = Duration.ofMinutes(5);
    private static final long MEMORY = 4L << 30;
    private static final long SHADOW_MEMORY = 2L << 30;
    private static final int OUTPUT = 64 << 20;
    private static final int ERRORS = 64 << 10;
    /** Ended by the Ctrl-C that a terminal sends to us and to what we started. */
    private static final int INTERRUPTED = 128 + 2;

    /** For the user's own repository: as much memory as its packs may take. */
    public static Git user(Map<String, String> environment, Path directory) {
        return new Git(directory, GitEnvironment.user(environment), TIME, MEMORY, OUTPUT);
    }

    /** For a shadow repository: little memory, for a guest chose what is in it. */
    static Git shadow(Map<String, String> environment, Path gitDir, Path home) {
        return new Git(gitDir, GitEnvironment.shadow(environment, gitDir, home), TIME, SHADOW_MEMORY, OUTPUT);
    }

    public Git within(Duration limit) {
        return new Git(directory, environment, limit, memory, output);
    }

    public Git with(String variable, String value) {
        return new Git(directory, environment.with(variable, value), time, memory, output);
    }

    public Git in(Path other) {
        return new Git(other, environment, time, memory, output);
    }

    /** Runs it; any status is an answer. */
    public GitOutput run(String... arguments) {
        return run(new byte[0], arguments);
    }

    /** Runs it with an input; any status is an answer. */
    public GitOutput run(byte[] input, String... arguments) {
        return run(input.length == 0 ? Feed.NOTHING : out -> out.write(input), arguments);
    }

    public GitOutput run(Feed input, String... arguments) {
        var ended = start(List.of(arguments), input, in -> bounded(in, output, arguments));
        return new GitOutput(ended.status(), ended.output(), ended.errors());
    }

    /** Runs it; a status that is not zero is {@code host.tool-failed} with git's last words. */
    public GitOutput need(String... arguments) {
        return need(new byte[0], arguments);
    }

    public GitOutput need(byte[] input, String... arguments) {
        return needed(run(input, arguments), arguments);
    }

    public GitOutput need(Feed input, String... arguments) {
        return needed(run(input, arguments), arguments);
    }

    private GitOutput needed(GitOutput output, String... arguments) {
        if (!output.ok()) throw output.diskFull() ? full(arguments[0]) : failed(arguments[0], output.reason());
        return output;
    }

    /**
     * Runs it with both ends as streams, for what does not fit in memory. What {@code input} or {@code take} throws
     * ends git and is thrown; a status that is not zero is {@code host.tool-failed}.
     */
    public <T> T pipe(Feed input, Take<T> take, String... arguments) {
        var ended = start(List.of(arguments), input, take);
        needed(new GitOutput(ended.status(), new byte[0], ended.errors()), arguments);
        return ended.output();
    }

    /**
     * Hands each NUL-ended record of its output on.
     *
     * @param longest bytes of one record
     */
    public void records(Feed input, int longest, Consumer<byte[]> each, String... arguments) {
        pipe(
                input,
                in -> {
                    eachRecord(in, longest, each);
                    return true;
                },
                arguments);
    }

    private static void eachRecord(InputStream in, int longest, Consumer<byte[]> each) throws IOException {
        var chunk = new byte[1 << 16];
        var record = new ByteArrayOutputStream();
        for (int n; (n = in.read(chunk)) >= 0; ) {
            int from = 0;
            for (int at = 0; at < n; at++) {
                if (chunk[at] != 0) continue;
                append(record, chunk, from, at, longest);
                each.accept(record.toByteArray());
                record.reset();
                from = at + 1;
            }
            append(record, chunk, from, n, longest);
        }
        if (record.size() > 0) throw failed("output", "its last record is cut off");
    }

    private static void append(ByteArrayOutputStream record, byte[] chunk, int from, int to, int longest) {
        if (to - from > longest - record.size()) throw failed("output", "a record of more than " + longest + " bytes");
        record.write(chunk, from, to - from);
    }

    private <T> ProgramRun<T> start(List<String> arguments, Feed input, Take<T> take) {
        try {
            var ended = ProgramRun.of(program(arguments), time, time, input, take, in -> ProgramRun.tail(in, ERRORS));
            if (ended.status() == INTERRUPTED) throw new BangerException(ErrorCode.CANCELLED, "git: cancelled");
            return ended;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BangerException(ErrorCode.CANCELLED, "git: cancelled").because(e);
        } catch (ProgramRun.Broken e) {
            var what = String.valueOf(e.getMessage());
            throw (what.contains("No space left on device")
                            ? full(arguments.getFirst())
                            : failed(arguments.getFirst(), what))
                    .because(e);
        }
    }

    private ProcessBuilder program(List<String> arguments) {
        var all = new ArrayList<String>();
        all.add(program("prlimit", "util-linux"));
        all.add("--as=" + memory);
        all.add("--core=0");
        all.add("--");
        all.add(program("git", "git"));
        all.addAll(environment.options());
        all.addAll(arguments);
        var builder = new ProcessBuilder(all).directory(directory.toFile());
        builder.environment().clear();
        builder.environment().putAll(environment.variables());
        return builder;
    }

    private String program(String name, String debianPackage) {
        for (var part : environment.variables().getOrDefault("PATH", "").split(File.pathSeparator)) {
            if (!part.startsWith("/")) continue;
            var file = Path.of(part).resolve(name);
            if (Files.isExecutable(file)) return file.toString();
        }
        throw new BangerException(
                ErrorCode.HOST_TOOL_MISSING,
                name + ": not found on this host",
                "sudo apt-get install " + debianPackage);
    }

    private static byte[] bounded(InputStream in, int limit, String... arguments) throws IOException {
        var bytes = in.readNBytes(limit);
        if (bytes.length == limit && in.read() >= 0)
            throw failed(arguments[0], "printed more than " + limit + " bytes");
        return bytes;
    }

    private BangerException full(String command) {
        return new BangerException(
                ErrorCode.HOST_DISK_FULL,
                directory + ": the disk is full, seen by git " + command,
                "make room, then the same again");
    }

    private static BangerException failed(String command, String what) {
        return new BangerException(ErrorCode.HOST_TOOL_FAILED, "git " + command + ": " + what);
    }
}
