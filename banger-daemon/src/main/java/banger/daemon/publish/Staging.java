package banger.daemon.publish;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A directory being filled beside the place it will have. {@link #publish} makes it durable and visible
 * in one step; closing before that leaves nothing.
 */
public final class Staging implements AutoCloseable {
    /** Begins the name of every unfinished directory; what is left of a crash is found by it. */
    private static final String PREFIX = ".staging-";

    private static final SecureRandom RANDOM = new SecureRandom();

    private final Path parent;
    private final Path directory;
    private boolean published;

    private Staging(Path parent, Path directory) {
        this.parent = parent;
        this.directory = directory;
    }

    /** A fresh empty directory (0700) below {@code parent}, which is made when missing. */
    public static Staging below(Path parent) throws IOException {
        Files.createDirectories(parent);
        var directory = parent.resolve(PREFIX + randomName());
        Files.createDirectory(
                directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        return new Staging(parent, directory);
    }

    /** 32 hexadecimal digits that nobody can guess. */
    public static String randomName() {
        var bytes = new byte[16];
        RANDOM.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    public Path directory() {
        return directory;
    }

    /**
     * Makes every file in it read-only and durable and gives the directory its name. When that name
     * exists already (the same content was published before) the old one is kept if it is intact, so
     * that nothing that is in use is touched, and else replaced.
     */
    public Path publish(String name, Predicate<Path> intact) throws IOException {
        var target = parent.resolve(name);
        try (var files = Files.list(directory)) {
            for (var file : (Iterable<Path>) files::iterator) seal(file);
        }
        sync(directory);
        try {
            Files.move(directory, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileSystemException e) {
            // rename(2) replaces an empty directory only; which exception that makes differs.
            if (!Files.isDirectory(target, LinkOption.NOFOLLOW_LINKS)) throw e;
            if (intact.test(target)) return target;
            Files.move(target, parent.resolve(PREFIX + randomName()), StandardCopyOption.ATOMIC_MOVE);
            Files.move(directory, target, StandardCopyOption.ATOMIC_MOVE);
        }
        published = true;
        sync(parent);
        return target;
    }

    /** Read-only, executable when it was, and on the disk. */
    public static void seal(Path file) throws IOException {
        Files.setPosixFilePermissions(
                file, PosixFilePermissions.fromString(Files.isExecutable(file) ? "r-xr-xr-x" : "r--r--r--"));
        sync(file);
    }

    /** What was written to a file or directory is on the disk when this returns. */
    public static void sync(Path path) throws IOException {
        try (var channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** Removes what a crash left below {@code parent}; never called while something is being staged there. */
    public static void sweep(Path parent) throws IOException {
        if (!Files.isDirectory(parent)) return;
        List<Path> left;
        try (var entries = Files.list(parent)) {
            left = entries.filter(p -> p.getFileName().toString().startsWith(PREFIX))
                    .toList();
        }
        for (var directory : left) delete(directory);
    }

    /** Deletes a directory of ours with all that is in it, following no link. */
    public static void delete(Path directory) throws IOException {
        if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) return;
        Files.walkFileTree(directory, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path dir, @Nullable IOException e) throws IOException {
                if (e != null) throw e;
                Files.deleteIfExists(dir);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    @Override
    public void close() {
        if (published) return;
        try {
            delete(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
