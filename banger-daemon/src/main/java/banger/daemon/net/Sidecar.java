package banger.daemon.net;

import banger.api.Printable;
import banger.daemon.DurableFiles;
import banger.daemon.engine.ProcessRef;
import banger.daemon.process.Command;
import banger.daemon.process.CommandRunner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A long-running program of ours, the child of a shim: it outlives the daemon, and its directory tells
 * the next one who it is ({@code run.ref}) and what it said ({@code vmm.log}).
 */
final class Sidecar {
    private static final Duration END_DEADLINE = Duration.ofSeconds(5);

    private final Path directory;
    private final Path shim;
    private final CommandRunner commands;

    Sidecar(Path directory, Path shim, CommandRunner commands) {
        this.directory = directory;
        this.shim = shim;
        this.commands = commands;
    }

    /** Starts it; it ends with the holder. */
    void start(ProcessRef holder, List<String> program) throws Refused {
        try {
            DurableFiles.directories(directory);
        } catch (IOException e) {
            throw DurableFiles.failure(directory, e);
        }
        var arguments = new ArrayList<>(
                List.of(shim.toString(), "run", "--dir", directory.toString(), "--until", holder.toString(), "--"));
        arguments.addAll(program);
        ShimLine.words(commands.run(Command.of(arguments)));
    }

    boolean alive() {
        return references().stream().skip(1).anyMatch(ProcessRef::alive);
    }

    /** Ends it, if it runs; returns when it and its shim are gone. */
    void end() {
        var references = references();
        references.stream().skip(1).forEach(ProcessRef::kill);
        Waiting.until(END_DEADLINE, () -> references.stream().noneMatch(ProcessRef::alive));
    }

    /** The last line it complained with; empty when it said nothing. */
    String lastWords() {
        // The shim ends after it has written all that its child said.
        if (!alive()) Waiting.until(END_DEADLINE, () -> references().stream().noneMatch(ProcessRef::alive));
        try (var in = Files.newBufferedReader(directory.resolve("vmm.log"))) {
            return in.lines()
                    .filter(l -> !l.isBlank())
                    .reduce((a, b) -> b)
                    .map(l -> Printable.line(l.strip()))
                    .orElse("");
        } catch (IOException e) {
            return "";
        }
    }

    /** The shim, then the program. */
    private List<ProcessRef> references() {
        try {
            var words = Files.readString(directory.resolve("run.ref")).strip().split(" ");
            return words.length == 2 ? List.of(ProcessRef.parse(words[0]), ProcessRef.parse(words[1])) : List.of();
        } catch (IOException | IllegalArgumentException e) {
            return List.of();
        }
    }

    /** For messages. */
    Optional<String> explanation() {
        return Optional.of(lastWords()).filter(w -> !w.isEmpty());
    }
}
