package banger.daemon.kernel;

import banger.api.BangerException;
import banger.api.ErrorCode;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** A directory somebody wants a kernel imported from. */
record KernelDirectory(Path path) {
    private static final List<String> IMAGES = List.of("vmlinux", "vmlinuz", "bzImage");
    private static final List<String> MODULES = List.of("lib/modules", "usr/lib/modules", "modules");

    /** Copies what is needed; links are not followed, so that nothing from outside gets in. */
    KernelPacker.Unpacked unpackInto(Path work) throws IOException {
        var modules = modules();
        var release = modules.getFileName().toString();
        var image = image(release);
        var copied = Files.createDirectories(work.resolve("tree/lib/modules")).resolve(release);
        var kernel = new KernelPacker.Unpacked(release, image, work.resolve("tree"));
        copy(modules, copied);
        return kernel;
    }

    private Path modules() throws IOException {
        for (var place : MODULES) {
            var directory = path.resolve(place);
            if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) continue;
            List<Path> releases;
            try (Stream<Path> entries = Files.list(directory)) {
                releases = entries.filter(d -> Files.isDirectory(d, LinkOption.NOFOLLOW_LINKS))
                        .sorted()
                        .toList();
            }
            if (releases.size() > 1) throw invalid(directory + " has modules of several kernels; leave one");
            if (releases.size() == 1) return releases.getFirst();
        }
        throw invalid("no modules: expected " + path.resolve("modules") + "/RELEASE or " + path.resolve("lib/modules")
                + "/RELEASE");
    }

    private Path image(String release) {
        return IMAGES.stream()
                .flatMap(name -> Stream.of(name, name + "-" + release, "boot/" + name, "boot/" + name + "-" + release))
                .map(path::resolve)
                .filter(f -> Files.isRegularFile(f, LinkOption.NOFOLLOW_LINKS))
                .findFirst()
                .or(Optional::empty)
                .orElseThrow(() -> invalid("no vmlinux, vmlinuz or bzImage in " + path));
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.walkFileTree(from, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attributes) throws IOException {
                Files.createDirectory(to.resolve(from.relativize(dir).toString()));
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                if (attributes.isRegularFile())
                    Files.copy(file, to.resolve(from.relativize(file).toString()));
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private static BangerException invalid(String why) {
        return new BangerException(ErrorCode.KERNEL_INVALID, "kernel import: " + why);
    }
}
