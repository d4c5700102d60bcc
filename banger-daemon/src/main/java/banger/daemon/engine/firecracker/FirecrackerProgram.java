package banger.daemon.engine.firecracker;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Printable;
import banger.daemon.process.Command;
import banger.daemon.process.CommandRunner;
import banger.daemon.process.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** The Firecracker of this host: configured, else the newest that was pulled, else an installed one. */
public final class FirecrackerProgram {
    private static final String PREFIX = "firecracker-";

    private final CommandRunner commands;
    private final Optional<Path> configured;
    private final Path pulled;
    private final Map<String, FirecrackerVersion> versions = new ConcurrentHashMap<>();

    /** @param pulled the directory of downloaded ones, {@code firecracker-VERSION} each */
    public FirecrackerProgram(CommandRunner commands, Optional<Path> configured, Path pulled) {
        this.commands = commands;
        this.configured = configured;
        this.pulled = pulled;
    }

    /** One that was looked at. */
    public record Found(Path program, FirecrackerVersion version) {}

    /** Where a pulled release lies. */
    public static Path pulledTo(Path directory, FirecrackerVersion version) {
        return directory.resolve(directoryName(version)).resolve("firecracker");
    }

    static String directoryName(FirecrackerVersion version) {
        return PREFIX + version;
    }

    /** Whether there is any, usable or not. */
    public Optional<Path> path() {
        return configured.or(this::newestPulled).or(() -> Programs.find("firecracker"));
    }

    /** @throws BangerException {@code engine.unavailable} with the reason */
    public Found require() {
        var program = path().orElseThrow(() -> new BangerException(
                ErrorCode.ENGINE_UNAVAILABLE,
                "engine firecracker: no firecracker on this host",
                "banger engine pull firecracker",
                "firecracker_bin in the configuration; --engine qemu"));
        var version = versions.computeIfAbsent(identity(program), k -> ask(program));
        if (!version.supported())
            throw new BangerException(
                    ErrorCode.ENGINE_UNAVAILABLE,
                    program + ": Firecracker " + version + " is too old, at least " + FirecrackerVersion.OLDEST
                            + " is needed",
                    "a newer one as firecracker_bin in the configuration; --engine qemu");
        return new Found(program, version);
    }

    /** Asked once for each file, not for each name: it may be replaced under us. */
    private static String identity(Path program) {
        try {
            return program + " " + Files.getAttribute(program, "unix:ino") + " "
                    + Files.getLastModifiedTime(program).toMillis();
        } catch (IOException e) {
            throw new BangerException(
                            ErrorCode.ENGINE_UNAVAILABLE,
                            program + ": cannot be read: " + e.getMessage(),
                            "firecracker_bin in the configuration; --engine qemu")
                    .because(e);
        }
    }

    private FirecrackerVersion ask(Path program) {
        var answer = commands.run(Command.of(program.toString(), "--version").within(Duration.ofSeconds(10)));
        return FirecrackerVersion.told(answer.out())
                .orElseThrow(() -> new BangerException(
                        ErrorCode.ENGINE_UNAVAILABLE,
                        program + ": does not say its version, so it is no Firecracker ("
                                + Printable.line(answer.reason()) + ")",
                        "firecracker_bin in the configuration; --engine qemu"));
    }

    private Optional<Path> newestPulled() {
        if (!Files.isDirectory(pulled)) return Optional.empty();
        try (var entries = Files.list(pulled)) {
            return entries.map(e -> e.getFileName().toString())
                    .filter(n -> n.startsWith(PREFIX))
                    .flatMap(n -> FirecrackerVersion.parse(n.substring(PREFIX.length())).stream())
                    .max(Comparator.naturalOrder())
                    .map(v -> pulledTo(pulled, v))
                    .filter(Files::isExecutable);
        } catch (IOException e) {
            return Optional.empty(); // as if there were none; an installed one may do
        }
    }
}
