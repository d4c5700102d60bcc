package banger.daemon.debian;

import banger.daemon.process.Command;
import banger.daemon.process.CommandRunner;
import banger.daemon.process.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * apt with lists, status and configuration of its own below one directory: it sees nothing of the
 * host's sources, pins, hooks and installed packages, and needs no root. Nothing is ever installed.
 */
public final class PrivateApt {
    private static final Duration PATIENCE = Duration.ofMinutes(15);

    private final CommandRunner runner;
    private final Path root;

    private PrivateApt(CommandRunner runner, Path root) {
        this.runner = runner;
        this.root = root;
    }

    /** @param root an empty directory, reachable for the user {@code _apt} when we are root */
    public static PrivateApt in(Path root, CommandRunner runner, List<String> sources) throws IOException {
        for (var dir : List.of("lists/partial", "archives/partial", "etc/empty", "log", "download"))
            Files.createDirectories(root.resolve(dir));
        Files.createFile(root.resolve("status"));
        Files.write(root.resolve("sources.list"), sources);
        Files.writeString(root.resolve("apt.conf"), configuration(root));
        return new PrivateApt(runner, root);
    }

    private static String configuration(Path root) {
        var empty = root.resolve("etc/empty");
        var lines = new ArrayList<String>();
        var settings = Map.of(
                "Dir::Etc",
                root.resolve("etc"),
                "Dir::Etc::Parts",
                empty,
                "Dir::Etc::Main",
                empty.resolve("none"),
                "Dir::Etc::PreferencesParts",
                empty,
                "Dir::Etc::SourceParts",
                empty,
                "Dir::Etc::SourceList",
                root.resolve("sources.list"),
                "Dir::State",
                root,
                "Dir::State::status",
                root.resolve("status"),
                "Dir::Cache",
                root,
                "Dir::Log",
                root.resolve("log"));
        settings.forEach((name, path) -> lines.add(name + " \"" + path + "\";"));
        lines.add("APT::Architecture \"amd64\";");
        lines.add("APT::Architectures { \"amd64\"; };");
        lines.add("APT::Update::Error-Mode \"any\";");
        lines.add("Acquire::Languages \"none\";");
        lines.add("Acquire::Retries \"2\";");
        lines.add("Acquire::http::Timeout \"30\";");
        lines.add("Acquire::https::Timeout \"30\";");
        return String.join("\n", lines) + "\n";
    }

    public Result update() {
        return run(command("apt-get", "-q", "update"));
    }

    /** The names a package depends on directly, alternatives and virtual ones included. */
    public List<String> dependencies(String name) {
        var result = run(command("apt-cache", "depends", "--important", name));
        return result.out()
                .lines()
                .map(String::strip)
                .filter(line -> line.startsWith("Depends: "))
                .map(line -> line.substring("Depends: ".length()))
                .toList();
    }

    /**
     * A package's own description in the signed lists.
     *
     * @param size bytes of the archive
     */
    public record Candidate(String name, String version, long size) {}

    public Optional<Candidate> candidate(String name) {
        var result = run(command("apt-cache", "show", "--no-all-versions", name));
        var version = field(result.out(), "Version");
        var size = field(result.out(), "Size").filter(s -> s.matches("[0-9]{1,15}"));
        if (!result.ok() || version.isEmpty() || size.isEmpty()) return Optional.empty();
        return Optional.of(new Candidate(name, version.get(), Long.parseLong(size.get())));
    }

    private static Optional<String> field(String text, String name) {
        return text.lines()
                .filter(line -> line.startsWith(name + ": "))
                .map(line -> line.substring(name.length() + 2).strip())
                .findFirst();
    }

    /** Fetches one package's archive, checked against the signed lists; the file it is in. */
    public Result download(Candidate package_) {
        return run(command("apt-get", "-q", "download", package_.name() + "=" + package_.version())
                .in(downloads()));
    }

    /** Where {@link #download} puts its file. */
    public Path downloads() {
        return root.resolve("download");
    }

    private Command command(String... words) {
        return Command.of(List.of(words))
                .with("APT_CONFIG", root.resolve("apt.conf").toString())
                .within(PATIENCE);
    }

    private Result run(Command command) {
        return runner.run(command);
    }
}
