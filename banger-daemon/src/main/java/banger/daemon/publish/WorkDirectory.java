package banger.daemon.publish;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * A temporary directory for work that other users of the host take part in (apt's {@code _apt}, the
 * subordinate users of a namespace): they can enter it when they know its name, which nobody can guess
 * or list. Deleted when closed.
 */
public final class WorkDirectory implements AutoCloseable {
    /** Begins every name; what is left of a crash is found by it. */
    public static final String PREFIX = "banger-";

    private static final String OWNER = "owner";

    private final Path path;

    private WorkDirectory(Path path) {
        this.path = path;
    }

    /** @param parent {@code /var/tmp}, or another directory with the sticky bit */
    public static WorkDirectory below(Path parent) throws IOException {
        var path = parent.resolve(PREFIX + Staging.randomName());
        Files.createDirectory(path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        // Only execute for others, and not by way of the umask.
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwx--x--x"));
        Files.writeString(path.resolve(OWNER), ProcessHandle.current().pid() + " " + startOf(ProcessHandle.current()));
        return new WorkDirectory(path);
    }

    /**
     * Directories of this user below {@code parent} whose process is gone: what a crash left. Another
     * daemon of the same user may be at work in the others.
     */
    public static List<Path> abandoned(Path parent) throws IOException {
        var uid = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        try (var entries = Files.newDirectoryStream(parent, PREFIX + "*")) {
            var found = new ArrayList<Path>();
            for (var entry : entries) {
                if (entry.getFileName().toString().matches(PREFIX + "[0-9a-f]{32}")
                        && Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)
                        && uid.equals(Files.getAttribute(entry, "unix:uid", LinkOption.NOFOLLOW_LINKS))
                        && !isOwned(entry)) found.add(entry);
            }
            return found;
        }
    }

    private static boolean isOwned(Path directory) throws IOException {
        var file = directory.resolve(OWNER);
        // Made just now, and not marked yet: left for the next time.
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) return isYoung(directory);
        var words = Files.readString(file).split(" ");
        if (words.length != 2 || !words[0].matches("[0-9]{1,9}")) return isYoung(directory);
        return ProcessHandle.of(Long.parseLong(words[0]))
                .filter(p -> Long.toString(startOf(p)).equals(words[1]))
                .isPresent();
    }

    private static boolean isYoung(Path directory) throws IOException {
        return Files.getLastModifiedTime(directory)
                .toInstant()
                .isAfter(Instant.now().minus(Duration.ofMinutes(1)));
    }

    private static long startOf(ProcessHandle process) {
        return process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
    }

    public Path path() {
        return path;
    }

    @Override
    public void close() {
        try {
            Staging.delete(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
