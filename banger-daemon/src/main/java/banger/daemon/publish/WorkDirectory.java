package banger.daemon.publish;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * A temporary directory for work that other users of the host take part in (apt's {@code _apt}, the
 * subordinate users of a namespace): they can enter it when they know its name, which nobody can guess
 * or list. Deleted when closed.
 */
public final class WorkDirectory implements AutoCloseable {
    /** Begins every name; what is left of a crash is found by it. */
    public static final String PREFIX = "banger-";

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
        return new WorkDirectory(path);
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
