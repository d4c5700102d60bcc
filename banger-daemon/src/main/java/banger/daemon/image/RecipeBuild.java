package banger.daemon.image;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.daemon.debian.DebianMirror;
import banger.daemon.process.Command;
import banger.daemon.process.CommandRunner;
import banger.daemon.process.Programs;
import banger.daemon.progress.Progress;
import banger.daemon.publish.Staging;
import banger.daemon.publish.WorkDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Builds a recipe's image with mmdebstrap, in namespaces of its own: maintainer scripts run as the root
 * of a user namespace and never as the host's, also when we are root. Interrupted or failed it leaves
 * nothing but cached downloads.
 */
final class RecipeBuild {
    private static final Duration DEADLINE = Duration.ofMinutes(60);
    private static final List<String> HOOKS = List.of("begin.sh", "unpacked.sh", "finish.sh");
    private static final Pattern PROXY = Pattern.compile("(?i)(https?|no|all|ftp)_proxy");

    private final CommandRunner runner;
    private final DebianMirror mirror;
    private final PackageCache packages;
    private final PinnedDownload pinned;
    private final Path work;

    /** @param cache of downloads, deletable at any time */
    RecipeBuild(CommandRunner runner, DebianMirror mirror, Path cache, Path work) {
        this.runner = runner;
        this.mirror = mirror;
        this.packages = new PackageCache(cache.resolve("debian"));
        this.pinned = new PinnedDownload(cache.resolve("pinned"));
        this.work = work;
    }

    /** Removes what builds of a daemon that is gone have left. */
    void sweep() throws IOException {
        if (!Files.isDirectory(work)) return;
        for (var left : WorkDirectory.abandoned(work)) {
            NamespaceSweep.remove(left.resolve("tmp"), runner, Host.current());
            Staging.delete(left);
        }
    }

    /** What came out. */
    record Built(int packages) {}

    /** Writes the image to {@code target}, which is not there yet. */
    Built build(Recipe recipe, Path target, Progress progress) throws IOException {
        var object = "image " + recipe.name();
        var host = Host.current();
        if (Programs.find("mmdebstrap").isEmpty())
            throw new BangerException(
                    ErrorCode.HOST_TOOL_MISSING,
                    "mmdebstrap: not found on this host",
                    "sudo apt-get install mmdebstrap");
        host.checkSubordinateUsers(Path.of("/etc"));
        DebianMirror.keyring();
        try (var directory = WorkDirectory.below(work);
                var sweep = new NamespaceSweep(directory.path(), runner, host);
                var archives = packages.lend(directory.path().resolve("archives"))) {
            var base = directory.path();
            var additions = additions(recipe, base, object, progress);
            var image = shared(base.resolve("rootfs.ext4"), "rw-rw-rw-");
            var lines = new BuildProgress(object, progress, recipe.expectedPackages());
            progress.doing(object, "reading package lists", 0, 0);
            var command = command(recipe, base, image, additions)
                    .with("BANGER_ARCHIVES", archives.directory().toString());
            var result = sweep.watching(() -> runner.run(command, lines));
            if (!result.ok()) throw failed(object, lines.reasons());
            Files.setPosixFilePermissions(image, PosixFilePermissions.fromString("rw-------"));
            // Beside the state directory only by chance: then this is a copy.
            SparseCopy.move(image, target);
            return new Built(lines.packages());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BangerException(ErrorCode.CANCELLED, object + ": cancelled").because(e);
        }
    }

    private Map<Path, String> additions(Recipe recipe, Path base, String object, Progress progress)
            throws IOException, InterruptedException {
        var files = new HashMap<Path, String>();
        for (var addition : recipe.additions()) {
            var name = addition.path().substring(addition.path().lastIndexOf('/') + 1);
            progress.doing(object, "fetching " + name, 0, 0);
            var file = base.resolve("addition-" + files.size());
            pinned.extract(addition, file);
            files.put(file, addition.path());
        }
        return files;
    }

    private Command command(Recipe recipe, Path base, Path image, Map<Path, String> additions) throws IOException {
        for (var hook : HOOKS) resource(hook, base.resolve(hook));
        var sources = shared(base.resolve("sources.list"), "rw-r--r--");
        Files.write(sources, mirror.guestSources(recipe.suite()));
        var temporary = shared(Files.createDirectory(base.resolve("tmp")), "rwxrwxrwx");
        var arguments = new ArrayList<>(List.of(
                "mmdebstrap",
                "--verbose",
                "--mode=unshare",
                "--variant=minbase",
                "--format=null",
                "--architectures=amd64",
                "--components=main",
                "--include=" + String.join(",", recipe.packages()),
                "--aptopt=APT::Install-Recommends \"false\"",
                "--aptopt=Acquire::Languages \"none\"",
                "--aptopt=Acquire::Retries \"2\"",
                "--aptopt=Acquire::http::Timeout \"30\"",
                "--dpkgopt=force-unsafe-io",
                "--skip=essential/unlink,download/empty,cleanup",
                "--setup-hook=" + base.resolve("begin.sh"),
                "--essential-hook=" + base.resolve("unpacked.sh"),
                "--customize-hook=" + base.resolve("finish.sh"),
                recipe.suite(),
                "-"));
        arguments.addAll(mirror.sources(recipe.suite()));
        var command = Command.of(arguments)
                .within(DEADLINE)
                .with("TMPDIR", temporary.toString())
                .with("BANGER_IMAGE", image.toString())
                .with("BANGER_LABEL", "banger-rootfs")
                .with("BANGER_SOURCES", sources.toString())
                .with(
                        "BANGER_ADDITIONS",
                        additions.entrySet().stream()
                                .map(e -> e.getKey() + " " + e.getValue())
                                .collect(Collectors.joining("\n")));
        if (Host.spareMemoryMib() > recipe.treeMib())
            command = command.with("BANGER_MEMORY_MIB", Integer.toString(recipe.treeMib() * 2));
        for (var variable : System.getenv().entrySet())
            if (PROXY.matcher(variable.getKey()).matches())
                command = command.with(variable.getKey(), variable.getValue());
        return command;
    }

    private static void resource(String name, Path to) throws IOException {
        try (var in = RecipeBuild.class.getResourceAsStream(name)) {
            if (in == null) throw new IllegalStateException("no resource " + name);
            Files.copy(in, to);
        }
        shared(to, "rwxr-xr-x");
    }

    /** For the users of the namespace too, whatever the umask; the directory keeps everybody else out. */
    private static Path shared(Path path, String permissions) throws IOException {
        if (!Files.exists(path)) Files.createFile(path);
        return Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
    }

    private static BangerException failed(String object, List<String> reasons) {
        if (reasons.stream().noneMatch(r -> r.contains("No space left")))
            return new BangerException(ErrorCode.IMAGE_BUILD_FAILED, object + ": it could not be built", reasons);
        var lines = new ArrayList<>(reasons);
        lines.add("make room, then again; what was fetched is kept");
        return new BangerException(ErrorCode.HOST_DISK_FULL, object + ": the disk is full", lines);
    }
}
