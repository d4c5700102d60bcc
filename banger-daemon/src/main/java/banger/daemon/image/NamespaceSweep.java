package banger.daemon.image;

import banger.daemon.process.Command;
import banger.daemon.process.CommandRunner;
import banger.daemon.process.Result;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * Removes what a build in a user namespace left in its directory: files of subordinate users, which an
 * ordinary user cannot delete, except as the root of such a namespace. Runs before the directory itself
 * is deleted, also when the thread was interrupted.
 */
final class NamespaceSweep implements AutoCloseable {
    private final Path directory;
    private final CommandRunner runner;
    private final Host host;
    private boolean started;

    NamespaceSweep(Path directory, CommandRunner runner, Host host) {
        this.directory = directory;
        this.runner = runner;
        this.host = host;
    }

    /** Runs the part that can leave something. */
    Result watching(Supplier<Result> build) {
        started = true;
        return build.get();
    }

    @Override
    public void close() {
        if (started) remove(directory.resolve("tmp"), runner, host);
    }

    /** Empties a directory whose files may belong to subordinate users of ours. */
    static void remove(Path directory, CommandRunner runner, Host host) {
        var left = host.isRoot() ? List.<Path>of() : entries(directory);
        if (left.isEmpty()) return;
        var arguments = new ArrayList<>(List.of("mmdebstrap", "--unshare-helper", "rm", "-rf", "--"));
        left.forEach(p -> arguments.add(p.toString()));
        var interrupted = Thread.interrupted();
        try {
            runner.run(Command.of(arguments).within(Duration.ofMinutes(2)));
        } finally {
            if (interrupted) Thread.currentThread().interrupt();
        }
    }

    private static List<Path> entries(Path directory) {
        if (!Files.isDirectory(directory)) return List.of();
        try (var entries = Files.list(directory)) {
            return entries.toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
