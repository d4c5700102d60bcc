package banger.daemon.archive;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Writes a cpio archive in the "newc" format, which the kernel's initramfs and the guest program read.
 * The same calls give the same bytes. Parents are not made up: a directory is written before what is
 * in it. A file is at most 4 GiB - 1.
 */
public final class CpioWriter implements AutoCloseable {
    private static final int REGULAR = 0100000;
    private static final int DIRECTORY = 0040000;
    private static final int SYMLINK = 0120000;
    private static final long MAX_SIZE = 0xffffffffL;

    private final OutputStream out;
    private long written;
    private int inode;
    private boolean closed;

    /** @param out closed by {@link #close}; buffered by the caller */
    public CpioWriter(OutputStream out) {
        this.out = out;
    }

    public void directory(CpioHeader header) throws IOException {
        header(header, DIRECTORY, 2, 0);
    }

    public void symlink(CpioHeader header, String target) throws IOException {
        var bytes = target.getBytes(StandardCharsets.UTF_8);
        if (bytes.length == 0 || bytes.length > 4095) throw new IllegalArgumentException("link target: " + target);
        header(header, SYMLINK, 1, bytes.length);
        write(bytes, bytes.length);
        pad();
    }

    public void file(CpioHeader header, byte[] content) throws IOException {
        header(header, REGULAR, 1, content.length);
        write(content, content.length);
        pad();
    }

    public void file(CpioHeader header, Path content) throws IOException {
        try (var in = Files.newInputStream(content)) {
            file(header, in, Files.size(content));
        }
    }

    /** @param size exactly as many bytes as the stream gives; a shorter stream breaks the archive and throws */
    public void file(CpioHeader header, InputStream content, long size) throws IOException {
        header(header, REGULAR, 1, size);
        var buffer = new byte[1 << 16];
        for (long left = size; left > 0; ) {
            int n = content.read(buffer, 0, (int) Math.min(left, buffer.length));
            if (n < 0) throw new EOFException(header.name() + ": " + left + " bytes short");
            write(buffer, n);
            left -= n;
        }
        pad();
    }

    /** Ends the archive; the length is a multiple of 512, so that another archive can follow. */
    @Override
    public void close() throws IOException {
        if (closed) return;
        closed = true;
        try (out) {
            raw("TRAILER!!!", 0, 0, 0, 1, 0, 0, 0);
            var zeros = new byte[(int) ((512 - written % 512) % 512)];
            write(zeros, zeros.length);
        }
    }

    private void header(CpioHeader h, int type, int links, long size) throws IOException {
        if (closed) throw new IllegalStateException("closed");
        if (size < 0 || size > MAX_SIZE) throw new IllegalArgumentException(h.name() + ": " + size + " bytes");
        raw(h.name(), ++inode, type | h.permissions(), h.uid(), links, h.gid(), h.mtime(), size);
    }

    private void raw(String name, int ino, int mode, int uid, int links, int gid, long mtime, long size)
            throws IOException {
        var bytes = name.getBytes(StandardCharsets.UTF_8);
        // magic, then 13 fields of 8 digits: the four device numbers and the checksum stay zero.
        var text = "070701" + hex(ino) + hex(mode) + hex(uid) + hex(gid) + hex(links) + hex(mtime) + hex(size)
                + hex(0).repeat(4) + hex(bytes.length + 1) + hex(0);
        write(text.getBytes(StandardCharsets.US_ASCII), text.length());
        write(bytes, bytes.length);
        write(new byte[1], 1);
        pad();
    }

    private static String hex(long value) {
        return String.format("%08x", value);
    }

    private void pad() throws IOException {
        int n = (int) ((4 - written % 4) % 4);
        write(new byte[n], n);
    }

    private void write(byte[] bytes, int length) throws IOException {
        out.write(bytes, 0, length);
        written += length;
    }
}
