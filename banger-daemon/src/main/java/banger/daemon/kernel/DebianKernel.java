package banger.daemon.kernel;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.daemon.debian.DebianMirror;
import banger.daemon.debian.PrivateApt;
import banger.daemon.process.Command;
import banger.daemon.process.CommandRunner;
import banger.daemon.process.Result;
import banger.daemon.progress.Progress;
import banger.daemon.publish.ByteSize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * Fetches a Debian kernel: the meta-package of the signed lists names the newest kernel package, and
 * only that package is fetched. apt checks it against Debian's keys; nothing is installed or run.
 */
final class DebianKernel {
    private final CommandRunner runner;
    private final DebianMirror mirror;

    DebianKernel(CommandRunner runner, DebianMirror mirror) {
        this.runner = runner;
        this.mirror = mirror;
    }

    /**
     * @param source {@code debian PACKAGE VERSION}
     * @param size bytes fetched
     */
    record Fetched(KernelPacker.Unpacked kernel, String source, long size) {}

    /** @param work an empty directory */
    Fetched fetch(KernelEntry entry, Path work, Progress progress) throws IOException {
        var object = "kernel " + entry.name();
        var apt = PrivateApt.in(work.resolve("apt"), runner, mirror.sources(entry.suite()));
        progress.doing(object, "reading package lists", 0, 0);
        check(object, "the package lists of " + mirror.archive() + " could not be read", apt.update());
        var name = apt.dependencies(entry.metaPackage()).stream()
                .filter(n -> n.matches(entry.packagePattern()))
                .findFirst()
                .orElseThrow(() -> failed(object, entry.metaPackage() + " names no kernel", List.of()));
        var candidate =
                apt.candidate(name).orElseThrow(() -> failed(object, name + " is not in the package lists", List.of()));
        progress.doing(object, "fetching " + ByteSize.text(candidate.size()), 0, 0);
        check(object, name + " could not be fetched", apt.download(candidate));
        progress.doing(object, "unpacking", 0, 0);
        var tree = Files.createDirectory(work.resolve("tree"));
        var archive = only(apt.downloads(), object);
        check(
                object,
                name + " could not be unpacked",
                runner.run(Command.of("dpkg-deb", "-x", archive.toString(), tree.toString())
                        .within(Duration.ofMinutes(5))));
        var release = name.substring("linux-image-".length());
        var source = "debian " + name + " " + candidate.version();
        return new Fetched(unpacked(release, tree, object), source, Files.size(archive));
    }

    private static KernelPacker.Unpacked unpacked(String release, Path tree, String object) throws IOException {
        // Newer Debians have merged /lib into /usr in the package itself.
        var merged = tree.resolve("usr/lib/modules").resolve(release);
        if (Files.isDirectory(merged)) {
            Files.createDirectories(tree.resolve("lib/modules"));
            Files.move(merged, tree.resolve("lib/modules").resolve(release));
        }
        var image = tree.resolve("boot/vmlinuz-" + release);
        var kernel = new KernelPacker.Unpacked(release, image, tree);
        if (!Files.isRegularFile(image) || !Files.isDirectory(kernel.modules()))
            throw failed(object, "its package has no kernel or no modules", List.of());
        return kernel;
    }

    private static Path only(Path directory, String object) throws IOException {
        try (var files = Files.list(directory)) {
            var all = files.filter(f -> f.toString().endsWith(".deb")).toList();
            if (all.size() != 1)
                throw failed(object, "apt-get fetched " + all.size() + " packages instead of one", List.of());
            return all.getFirst();
        }
    }

    private static void check(String object, String what, Result result) {
        if (result.ok()) return;
        var lines = result.err()
                .lines()
                .map(String::strip)
                .filter(l -> !l.isEmpty())
                .toList();
        throw failed(object, what, lines.subList(Math.max(0, lines.size() - 4), lines.size()));
    }

    private static BangerException failed(String object, String what, List<String> lines) {
        return new BangerException(ErrorCode.KERNEL_PULL_FAILED, object + ": " + what, lines);
    }
}
