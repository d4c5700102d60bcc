package banger.daemon;

import banger.api.BangerException;
import banger.api.ErrorCode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Holds a state directory for one daemon; the kernel gives it back when the process ends, however it ends. */
final class StateLock implements AutoCloseable {
    private final Path file;
    private final FileChannel channel;

    private StateLock(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /** @throws BangerException {@code state.in-use} naming the other daemon */
    static StateLock take(Path file) {
        try {
            var channel = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            FileLock lock = channel.tryLock();
            if (lock == null) {
                var holder = Files.readString(file).strip();
                channel.close();
                throw new BangerException(
                        ErrorCode.STATE_IN_USE,
                        file.resolveSibling("..").normalize() + ": another daemon runs on it (pid " + holder + ")",
                        "banger daemon status");
            }
            channel.truncate(0);
            channel.write(
                    ByteBuffer.wrap(Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.US_ASCII)));
            return new StateLock(file, channel);
        } catch (IOException e) {
            throw DurableFiles.failure(file, e);
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw DurableFiles.failure(file, e);
        }
    }
}
