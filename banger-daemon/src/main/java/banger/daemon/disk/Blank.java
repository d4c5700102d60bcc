package banger.daemon.disk;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.zip.CRC32C;

/**
 * An empty file system as the few blocks of it that are not zero: some 200 KiB for any size. Everything
 * else of a disk made from it is a hole.
 *
 * @param size of the disk in bytes
 */
record Blank(long size, List<Run> runs) {
    private static final int MAGIC = 0x62677231;
    private static final int BLOCK = 4096;

    /** A blank with more than this is no blank. */
    private static final int MAX_BYTES = 64 << 20;

    /** Consecutive blocks. */
    record Run(long offset, byte[] bytes) {}

    /** Reads what is not zero in a file. */
    static Blank of(Path file) throws IOException {
        var runs = new ArrayList<Run>();
        long total = 0;
        try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long size = channel.size();
            for (var extent : DataExtents.of(file)) {
                long end = extent.offset() + extent.length();
                for (long at = extent.offset() / BLOCK * BLOCK; at < end; ) {
                    var buffer = ByteBuffer.allocate((int) Math.min(1 << 20, size - at));
                    while (buffer.hasRemaining() && channel.read(buffer, at + buffer.position()) > 0) continue;
                    total += collect(buffer.array(), at, runs);
                    if (total > MAX_BYTES) throw new IOException(file + ": not a blank file system");
                    at += buffer.capacity();
                }
            }
            return new Blank(size, List.copyOf(runs));
        }
    }

    private static long collect(byte[] bytes, long offset, List<Run> runs) {
        long total = 0;
        for (int at = 0; at < bytes.length; ) {
            int start = at;
            while (at < bytes.length && !isZero(bytes, at)) at += BLOCK;
            if (at > start) {
                int end = Math.min(at, bytes.length);
                runs.add(new Run(offset + start, java.util.Arrays.copyOfRange(bytes, start, end)));
                total += end - start;
            } else {
                at += BLOCK;
            }
        }
        return total;
    }

    private static boolean isZero(byte[] bytes, int from) {
        int to = Math.min(from + BLOCK, bytes.length);
        for (int i = from; i < to; i++) if (bytes[i] != 0) return false;
        return true;
    }

    /** Makes a disk: a new file, 0600, durable when this returns. */
    void write(Path target) throws IOException {
        var options = EnumSet.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
        var owner = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
        try (var out = FileChannel.open(target, Set.copyOf(options), owner)) {
            for (var run : runs) {
                var buffer = ByteBuffer.wrap(run.bytes());
                for (long at = run.offset(); buffer.hasRemaining(); ) at += out.write(buffer, at);
            }
            // The end of an ext4 disk is a hole; a zero there makes the file as long as it should be.
            if (out.size() < size) out.write(ByteBuffer.allocate(1), size - 1);
            out.force(true);
        }
    }

    /** The form kept in the cache. */
    byte[] encoded() {
        var bytes = new ByteArrayOutputStream();
        try (var out = new DataOutputStream(bytes)) {
            out.writeInt(MAGIC);
            out.writeLong(size);
            out.writeInt(runs.size());
            for (var run : runs) {
                out.writeLong(run.offset());
                out.writeInt(run.bytes().length);
                out.write(run.bytes());
            }
            out.writeLong(checksum(bytes.toByteArray(), bytes.size()));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return bytes.toByteArray();
    }

    /** @throws IOException when the file is damaged */
    static Blank read(Path file) throws IOException {
        if (Files.size(file) > MAX_BYTES + (1 << 20)) throw new IOException(file + ": too large");
        var bytes = Files.readAllBytes(file);
        if (bytes.length < 24) throw new IOException(file + ": too short");
        try (var in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            if (ByteBuffer.wrap(bytes).getLong(bytes.length - 8) != checksum(bytes, bytes.length - 8)
                    || in.readInt() != MAGIC) throw new IOException(file + ": damaged");
            long size = in.readLong();
            var runs = new ArrayList<Run>();
            for (int left = in.readInt(); left > 0; left--) {
                long offset = in.readLong();
                var content = new byte[in.readInt()];
                in.readFully(content);
                runs.add(new Run(offset, content));
            }
            return new Blank(size, List.copyOf(runs));
        }
    }

    private static long checksum(byte[] bytes, int length) {
        var crc = new CRC32C();
        crc.update(bytes, 0, length);
        return crc.getValue();
    }
}
