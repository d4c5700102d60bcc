package banger.daemon;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.SplittableRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Room on the disk that is held back, so that stopping and deleting work when it is full: what is to go
 * must first be written down. A file that is thrown away then, and laid again when there is plenty.
 */
public final class Ballast {
    private static final Logger LOG = LoggerFactory.getLogger(Ballast.class);
    private static final int BYTES = 4 << 20;
    /** With less, a transaction and a few small files may not fit. */
    private static final long TIGHT = 2 << 20;

    /** With less, a guest that waits for room would take what stopping and deleting need, and stand still again. */
    private static final long ENOUGH = 16 << 20;

    private static final long PLENTY = 64 << 20;

    private final Path file;

    public Ballast(Path file) {
        this.file = file;
    }

    /** Gives the room back if the disk is as good as full. */
    public void drop() {
        try {
            if (free() < TIGHT && Files.deleteIfExists(file)) LOG.warn("the disk is full: {} given back", file);
        } catch (IOException e) {
            LOG.warn("{} cannot be given back", file, e);
        }
    }

    /** Whether a guest that waited for room may write again. */
    public boolean enough() {
        try {
            return free() >= ENOUGH;
        } catch (IOException e) {
            LOG.warn("{}: whether there is room cannot be told", file, e);
            return true;
        }
    }

    /** Takes the room if it is not held and there is plenty. */
    public void lay() {
        try {
            if (Files.exists(file) || free() < PLENTY) return;
            // Not zeroes: a file system may store those as nothing.
            var bytes = new byte[BYTES];
            new SplittableRandom().nextBytes(bytes);
            try (var channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                for (var buffer = ByteBuffer.wrap(bytes); buffer.hasRemaining(); ) channel.write(buffer);
            }
        } catch (IOException e) {
            LOG.warn("{} cannot be written", file, e);
        }
    }

    private long free() throws IOException {
        return Files.getFileStore(file.toAbsolutePath().getParent()).getUsableSpace();
    }
}
