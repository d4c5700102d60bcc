package banger.daemon.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Set;

/**
 * A qcow2 file with nothing in it: what is below it shows through everywhere. It names nothing that is below it, because
 * whoever opens it says what that is. No such file that a VMM had is ever read here.
 */
public final class EmptyQcow2 {
    private static final int CLUSTER_BITS = 16;
    private static final int CLUSTER = 1 << CLUSTER_BITS;
    /** What one entry of the first level leads to: a cluster of entries for a cluster each. */
    private static final long REACH = (long) CLUSTER * (CLUSTER / Long.BYTES);

    private static final int HEADER = 104;

    private EmptyQcow2() {}

    /** A new file, 0600; durable when this returns. */
    public static void create(Path target, long size) throws IOException {
        try (var out = FileChannel.open(
                target,
                Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
            write(out, header(size), 0);
            write(out, ByteBuffer.allocate(Long.BYTES).putLong(0, 2L * CLUSTER), CLUSTER);
            write(out, counts(size), 2L * CLUSTER);
            // The first level is a hole but for its end.
            write(out, ByteBuffer.allocate(1), length(size) - 1);
            out.force(true);
        }
    }

    private static void write(FileChannel out, ByteBuffer bytes, long at) throws IOException {
        for (; bytes.hasRemaining(); ) at += out.write(bytes, at);
    }

    private static int entries(long size) {
        return (int) ((size + REACH - 1) / REACH);
    }

    /** Header, table of reference counts, reference counts, then the first level. */
    private static int clusters(long size) {
        return 3 + Math.max(1, (entries(size) * Long.BYTES + CLUSTER - 1) / CLUSTER);
    }

    private static long length(long size) {
        return (long) clusters(size) * CLUSTER;
    }

    /** Version 3; no backing file, no other file for data, no feature. */
    private static ByteBuffer header(long size) {
        return ByteBuffer.allocate(HEADER + 8)
                .putInt(0, 0x514649fb)
                .putInt(4, 3)
                .putInt(20, CLUSTER_BITS)
                .putLong(24, size)
                .putInt(36, entries(size))
                .putLong(40, 3L * CLUSTER)
                .putLong(48, CLUSTER)
                .putInt(56, 1)
                .putInt(96, 4) // 16 bits a count
                .putInt(100, HEADER);
    }

    private static ByteBuffer counts(long size) {
        var counts = ByteBuffer.allocate(clusters(size) * Short.BYTES);
        for (int i = 0; i < clusters(size); i++) counts.putShort(i * Short.BYTES, (short) 1);
        return counts;
    }

    /** Whether a file is still as it was made: nothing was ever written to it. */
    public static boolean is(Path file, long size) throws IOException {
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) || Files.size(file) != length(size)) return false;
        var expected = new byte[(int) length(size)];
        header(size).get(0, expected, 0, HEADER);
        ByteBuffer.wrap(expected).putLong(CLUSTER, 2L * CLUSTER);
        var counts = counts(size);
        counts.get(0, expected, 2 * CLUSTER, counts.capacity());
        return Arrays.equals(expected, Files.readAllBytes(file));
    }
}
