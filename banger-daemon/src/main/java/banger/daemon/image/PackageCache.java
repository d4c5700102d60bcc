package banger.daemon.image;

import banger.daemon.publish.Sha256;
import banger.daemon.publish.Staging;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;

/**
 * Package archives kept between builds. They were checked against Debian's keys when they came; apt
 * looks only at the size of one that is there already, so each is hashed again before it is offered.
 */
final class PackageCache {
    private static final String SUMS = "SHA256SUMS";

    private final Path directory;
    private final ReentrantLock lock = new ReentrantLock();

    PackageCache(Path directory) {
        this.directory = directory;
    }

    /**
     * A directory for one build to install from and fetch into. What was fetched completely is kept when
     * it is closed, however the build ended.
     */
    final class Loan implements AutoCloseable {
        private final Path lent;

        private Loan(Path lent) {
            this.lent = lent;
        }

        Path directory() {
            return lent;
        }

        @Override
        public void close() {
            // Files cannot be read by an interrupted thread, and this must not be lost to an interrupt.
            var interrupted = Thread.interrupted();
            try {
                add(lent);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } finally {
                if (interrupted) Thread.currentThread().interrupt();
            }
        }
    }

    /**
     * Lends all archives that are what they were.
     *
     * @param to made here; writable for the users of a namespace, in a directory only they can enter
     */
    Loan lend(Path to) throws IOException {
        lock.lock();
        try {
            Files.createDirectories(directory);
            Files.createDirectories(to.resolve("partial"));
            for (var open : List.of(to, to.resolve("partial")))
                Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
            var known = read();
            for (var file : archives(directory)) {
                var name = file.getFileName().toString();
                if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                        || !Sha256.of(file).equals(known.get(name))) Files.delete(file);
                else link(file, to.resolve(name));
            }
            return new Loan(to);
        } finally {
            lock.unlock();
        }
    }

    /** The same file where the file systems are the same: a build only replaces names, it writes to none. */
    private static void link(Path from, Path to) throws IOException {
        try {
            Files.createLink(to, from);
        } catch (FileAlreadyExistsException e) {
            throw e;
        } catch (FileSystemException | UnsupportedOperationException e) {
            Files.copy(from, to);
            Files.setPosixFilePermissions(to, PosixFilePermissions.fromString("rw-r--r--"));
        }
    }

    private void add(Path lent) throws IOException {
        lock.lock();
        try {
            var known = read();
            for (var file : archives(lent)) {
                var kept = directory.resolve(file.getFileName());
                if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) || Files.exists(kept)) continue;
                // A copy, because the file may belong to a user of the namespace.
                var temporary = directory.resolve(".package-" + Staging.randomName());
                Files.copy(file, temporary);
                Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rw-r--r--"));
                known.put(kept.getFileName().toString(), Sha256.of(temporary));
                Files.move(temporary, kept, StandardCopyOption.ATOMIC_MOVE);
            }
            known.keySet().removeIf(name -> !Files.exists(directory.resolve(name)));
            var text = known.entrySet().stream()
                    .map(e -> e.getValue() + "  " + e.getKey() + "\n")
                    .collect(Collectors.joining());
            var temporary = directory.resolve("." + SUMS + "-" + Staging.randomName());
            Files.writeString(temporary, text);
            Files.move(temporary, directory.resolve(SUMS), StandardCopyOption.ATOMIC_MOVE);
        } finally {
            lock.unlock();
        }
    }

    private Map<String, String> read() throws IOException {
        var sums = new TreeMap<String, String>();
        var file = directory.resolve(SUMS);
        if (!Files.exists(file)) return sums;
        for (var line : Files.readAllLines(file)) {
            var words = line.split("  ", 2);
            if (words.length == 2 && isArchive(words[1])) sums.put(words[1], words[0]);
        }
        return sums;
    }

    private static boolean isArchive(String name) {
        return name.matches("[A-Za-z0-9][A-Za-z0-9.+~%_-]*\\.deb");
    }

    private static List<Path> archives(Path directory) throws IOException {
        try (var files = Files.list(directory)) {
            return files.filter(f -> isArchive(f.getFileName().toString())).toList();
        }
    }
}
