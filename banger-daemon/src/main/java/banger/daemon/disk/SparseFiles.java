package banger.daemon.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.Set;

/** Copies of files that are mostly holes: what is read and written is their data. */
public final class SparseFiles {
    private static final int CHUNK = 1 << 20;
    private static final int BLOCK = 4096;

    private SparseFiles() {}

    /**
     * A new file, 0600, with the same extents; where the file system can share them, nothing is copied. It is durable
     * when this returns.
     *
     * @param size of the copy, at least the source's: what is beyond is a hole
     */
    public static void copy(Path source, Path target, long size) throws IOException {
        copyVolatile(source, target, size);
        try (var out = FileChannel.open(target, StandardOpenOption.WRITE)) {
            out.force(true);
        }
    }

    /** The same, but not durable: for whoever waits for it and syncs it later, or never. */
    public static void copyVolatile(Path source, Path target, long size) throws IOException {
        try (var in = FileChannel.open(source, StandardOpenOption.READ);
                var out = create(target)) {
            copyExtents(source, in, out);
            end(out, Math.max(size, in.size()));
        }
    }

    /** Writes a file's data into one that is there and empty. */
    public static void fill(Path source, Path target) throws IOException {
        try (var in = FileChannel.open(source, StandardOpenOption.READ);
                var out = FileChannel.open(target, StandardOpenOption.WRITE)) {
            copyExtents(source, in, out);
            end(out, in.size());
        }
    }

    private static void copyExtents(Path source, FileChannel in, FileChannel out) throws IOException {
        for (var extent : DataExtents.of(source)) {
            out.position(extent.offset());
            // The kernel's own copy, which shares extents where it can.
            for (long done = 0; done < extent.length(); ) {
                long n = in.transferTo(extent.offset() + done, extent.length() - done, out);
                if (n <= 0) throw new IOException(source + ": became shorter while it was read");
                done += n;
            }
        }
    }

    /**
     * A new file, 0600, in which every block of zeroes is a hole; durable when this returns.
     *
     * @return the SHA-256 over number and content of each block that is not: the same whatever holes the file has
     */
    public static String pack(Path source, Path target) throws IOException {
        try (var in = FileChannel.open(source, StandardOpenOption.READ);
                var out = create(target)) {
            var digest = new BlockDigest();
            for (var run = new Blocks(source, in); run.next(); ) {
                digest.add(run.offset(), run.bytes());
                for (long at = run.offset(); run.bytes().hasRemaining(); ) at += out.write(run.bytes(), at);
            }
            end(out, in.size());
            out.force(true);
            return digest.hex(in.size());
        }
    }

    /** What {@link #pack} says of a file that it wrote. */
    public static String digest(Path file) throws IOException {
        try (var in = FileChannel.open(file, StandardOpenOption.READ)) {
            var digest = new BlockDigest();
            for (var run = new Blocks(file, in); run.next(); ) digest.add(run.offset(), run.bytes());
            return digest.hex(in.size());
        }
    }

    private static FileChannel create(Path target) throws IOException {
        return FileChannel.open(
                target,
                Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }

    private static void end(FileChannel out, long size) throws IOException {
        if (out.size() < size) out.write(ByteBuffer.allocate(1), size - 1);
    }

    /** Runs of blocks that are not zero, at most a chunk each. */
    private static final class Blocks {
        private final Path file;
        private final FileChannel in;
        private final long size;
        private final Iterator<DataExtents.Extent> extents;
        private final ByteBuffer chunk = ByteBuffer.allocate(CHUNK);
        private long chunkAt;
        private long extentEnd;
        private int from;
        private int to;
        private ByteBuffer bytes = ByteBuffer.allocate(0);

        Blocks(Path file, FileChannel in) throws IOException {
            this.file = file;
            this.in = in;
            this.size = in.size();
            this.extents = DataExtents.of(file).iterator();
            chunk.limit(0);
        }

        /** To the next one; false: there is none. */
        boolean next() throws IOException {
            while (true) {
                from = to;
                while (from < chunk.limit() && zero(from)) from += BLOCK;
                to = from;
                while (to < chunk.limit() && !zero(to)) to += BLOCK;
                to = Math.min(to, chunk.limit());
                if (to > from) {
                    bytes = chunk.slice(from, to - from);
                    return true;
                }
                if (!read()) return false;
            }
        }

        private boolean read() throws IOException {
            long at = chunkAt + chunk.limit();
            if (at >= extentEnd) {
                if (!extents.hasNext()) return false;
                // Whole blocks of the file, whatever the file system calls one: each is looked at once.
                var extent = extents.next();
                at = Math.max(at, extent.offset() / BLOCK * BLOCK);
                long end = (extent.offset() + extent.length() + BLOCK - 1) / BLOCK * BLOCK;
                extentEnd = Math.max(at, Math.min(end, size));
            }
            chunk.clear().limit((int) Math.min(CHUNK, extentEnd - at));
            while (chunk.hasRemaining())
                if (in.read(chunk, at + chunk.position()) < 0)
                    throw new IOException(file + ": became shorter while it was read");
            chunk.flip();
            chunkAt = at;
            from = 0;
            to = 0;
            return true;
        }

        private boolean zero(int block) {
            int end = Math.min(block + BLOCK, chunk.limit());
            int i = block;
            for (; i + Long.BYTES <= end; i += Long.BYTES) if (chunk.getLong(i) != 0) return false;
            for (; i < end; i++) if (chunk.get(i) != 0) return false;
            return true;
        }

        long offset() {
            return chunkAt + from;
        }

        ByteBuffer bytes() {
            return bytes;
        }
    }

    private static final class BlockDigest {
        private final MessageDigest sha;

        BlockDigest() {
            try {
                sha = MessageDigest.getInstance("SHA-256");
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException(e);
            }
        }

        void add(long offset, ByteBuffer bytes) {
            for (int at = 0; at < bytes.remaining(); at += BLOCK) {
                int length = Math.min(BLOCK, bytes.remaining() - at);
                number(offset + at);
                sha.update(bytes.slice(bytes.position() + at, length));
            }
        }

        String hex(long size) {
            number(size);
            return HexFormat.of().formatHex(sha.digest());
        }

        private void number(long n) {
            sha.update(ByteBuffer.allocate(Long.BYTES).putLong(0, n));
        }
    }
}
