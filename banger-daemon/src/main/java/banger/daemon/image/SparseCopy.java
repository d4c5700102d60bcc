package banger.daemon.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;

/** Copies a large file without writing its zeros, hashing it on the way. */
final class SparseCopy {
    private static final int BLOCK = 4096;
    private static final int CHUNK = 1 << 20;

    private SparseCopy() {}

    /** Renames where that is possible, else copies and deletes. */
    static void move(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            copy(from, to, banger.daemon.publish.Sha256.newDigest());
            Files.delete(from);
        }
    }

    /** Runs of zeros become holes; every byte goes through the digest. Interruptible. */
    static void copy(Path from, Path to, MessageDigest digest) throws IOException {
        try (var in = FileChannel.open(from, StandardOpenOption.READ);
                var out = FileChannel.open(to, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
            var buffer = ByteBuffer.allocateDirect(CHUNK);
            long position = 0;
            while (in.read(buffer) >= 0 || buffer.position() > 0) {
                if (buffer.hasRemaining() && in.position() < in.size()) continue;
                buffer.flip();
                digest.update(buffer.duplicate());
                position += writeBlocks(buffer, out, position);
                buffer.clear();
                if (in.position() >= in.size()) break;
            }
            if (out.size() < position) {
                // A hole at the end: the last byte makes the size.
                out.write(ByteBuffer.allocate(1), position - 1);
            }
        }
    }

    private static int writeBlocks(ByteBuffer buffer, FileChannel out, long position) throws IOException {
        int length = buffer.limit();
        int start = 0;
        while (start < length) {
            int end = start;
            boolean zero = isZero(buffer, start, Math.min(start + BLOCK, length));
            while (end < length && isZero(buffer, end, Math.min(end + BLOCK, length)) == zero)
                end = Math.min(end + BLOCK, length);
            if (!zero) {
                var run = buffer.slice(start, end - start);
                for (long at = position + start; run.hasRemaining(); ) at += out.write(run, at);
            }
            start = end;
        }
        return length;
    }

    private static boolean isZero(ByteBuffer buffer, int from, int to) {
        int at = from;
        for (; at + 8 <= to; at += 8) if (buffer.getLong(at) != 0) return false;
        for (; at < to; at++) if (buffer.get(at) != 0) return false;
        return true;
    }
}
