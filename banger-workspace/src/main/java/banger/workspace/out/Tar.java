package banger.workspace.out;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** Writes a tar: ustar, and records of PAX for what does not fit there. Names are bytes as text of ISO 8859-1. */
final class Tar {
    private static final int BLOCK = 512;
    private static final int NAME = 100;
    private static final long LARGEST_OCTAL = (1L << 33) - 1;

    private final OutputStream out;

    Tar(OutputStream out) {
        this.out = out;
    }

    void directory(String name, long mtime) throws IOException {
        header(name + "/", 0755, 0, mtime, '5', "");
    }

    void link(String name, String target, long mtime) throws IOException {
        header(name, 0777, 0, mtime, '2', target);
    }

    /** @param size bytes that are written: what comes beyond is left out, what is missing is filled up with zeros */
    void file(String name, boolean program, long size, long mtime, InputStream content) throws IOException {
        header(name, program ? 0755 : 0644, size, mtime, '0', "");
        var buffer = new byte[1 << 16];
        long left = size;
        for (int n; left > 0 && (n = content.read(buffer, 0, (int) Math.min(left, buffer.length))) > 0; left -= n)
            out.write(buffer, 0, n);
        for (; left > 0; left--) out.write(0);
        pad(size);
    }

    void end() throws IOException {
        out.write(new byte[2 * BLOCK]);
    }

    private void header(String name, int mode, long size, long mtime, char type, String target) throws IOException {
        var extra = new StringBuilder();
        if (name.length() > NAME) extra.append(extra("path", name));
        if (target.length() > NAME) extra.append(extra("linkpath", target));
        if (size > LARGEST_OCTAL) extra.append(extra("size", String.valueOf(size)));
        if (!extra.isEmpty()) {
            plain("pax", 0644, extra.length(), mtime, 'x', "");
            out.write(bytes(extra.toString()));
            pad(extra.length());
        }
        plain(name, mode, Math.min(size, LARGEST_OCTAL), mtime, type, target);
    }

    /** The length of a record counts its own digits. */
    private static String extra(String key, String value) {
        var rest = " " + key + "=" + value + "\n";
        int length = rest.length();
        while (String.valueOf(length).length() + rest.length() != length)
            length = String.valueOf(length).length() + rest.length();
        return length + rest;
    }

    private void plain(String name, int mode, long size, long mtime, char type, String target) throws IOException {
        var block = new byte[BLOCK];
        put(block, 0, NAME, name);
        put(block, 100, 8, String.format("%07o", mode));
        put(block, 108, 8, "0000000");
        put(block, 116, 8, "0000000");
        put(block, 124, 12, String.format("%011o", size));
        put(block, 136, 12, String.format("%011o", Math.clamp(mtime, 0, LARGEST_OCTAL)));
        put(block, 148, 8, "        ");
        block[156] = (byte) type;
        put(block, 157, NAME, target);
        put(block, 257, 8, "ustar\0" + "00");
        int sum = 0;
        for (var b : block) sum += b & 0xff;
        put(block, 148, 8, String.format("%06o\0 ", sum));
        out.write(block);
    }

    private static void put(byte[] block, int at, int most, String text) {
        var bytes = bytes(text);
        System.arraycopy(bytes, 0, block, at, Math.min(most, bytes.length));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private void pad(long size) throws IOException {
        out.write(new byte[(int) ((BLOCK - size % BLOCK) % BLOCK)]);
    }
}
