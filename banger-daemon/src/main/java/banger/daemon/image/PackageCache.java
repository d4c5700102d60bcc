package banger.daemon.image;

import banger.daemon.publish.Sha256;
import banger.daemon.publish.Staging;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
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

    /** The directory with nothing in it but archives that are what they were. */
    Path verified() throws IOException {
        lock.lock();
        try {
            Files.createDirectories(directory);
            var known = read();
            for (var file : archives(directory)) {
                var name = file.getFileName().toString();
                if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                        || !Sha256.of(file).equals(known.get(name))) Files.delete(file);
            }
            return directory;
        } finally {
            lock.unlock();
        }
    }

    /** Takes the archives a build has fetched and checked. */
    void add(Path fetched) throws IOException {
        lock.lock();
        try {
            var known = read();
            for (var file : archives(fetched)) {
                if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) continue;
                var name = file.getFileName().toString();
                known.put(name, Sha256.of(file));
                Files.move(file, directory.resolve(name), StandardCopyOption.REPLACE_EXISTING);
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
