package banger.workspace.wire;

import banger.workspace.ObjectFormat;
import banger.workspace.RepoPath;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads the fields of one payload; what does not fit is an {@link IOException}, for a guest wrote it. */
final class Fields {
    private final ByteBuffer buffer;

    Fields(byte[] payload) {
        buffer = ByteBuffer.wrap(payload);
    }

    boolean more() {
        return buffer.hasRemaining();
    }

    private static IOException cut() {
        return new IOException("a frame that ends within a field");
    }

    int u8() throws IOException {
        try {
            return buffer.get() & 0xff;
        } catch (BufferUnderflowException e) {
            throw cut();
        }
    }

    int u32() throws IOException {
        try {
            return buffer.getInt();
        } catch (BufferUnderflowException e) {
            throw cut();
        }
    }

    /** A count or an index; over 2^31-1 is refused. */
    int count() throws IOException {
        int n = u32();
        if (n < 0) throw new IOException("a number that is too large");
        return n;
    }

    long i64() throws IOException {
        try {
            return buffer.getLong();
        } catch (BufferUnderflowException e) {
            throw cut();
        }
    }

    byte[] bytes(int n) throws IOException {
        if (n < 0 || n > buffer.remaining()) throw cut();
        var out = new byte[n];
        buffer.get(out);
        return out;
    }

    byte[] rest() throws IOException {
        return bytes(buffer.remaining());
    }

    String id(ObjectFormat format) throws IOException {
        return format.hex(bytes(format.rawLength()));
    }

    /** {@code u16 length, bytes}. */
    byte[] string() throws IOException {
        int high = u8();
        return bytes(high << 8 | u8());
    }

    RepoPath path() throws IOException {
        var bytes = string();
        if (!RepoPath.valid(bytes)) throw new IOException("a path that no work tree has");
        return RepoPath.of(bytes);
    }

    List<RepoPath> paths() throws IOException {
        var all = new ArrayList<RepoPath>();
        while (more()) all.add(path());
        return all;
    }

    Entry entry(ObjectFormat format) throws IOException {
        int mode = u32();
        long size = i64();
        long mtime = i64();
        var id = id(format);
        if (size < 0) throw new IOException("a size below zero");
        return new Entry(mode, size, mtime, id, path());
    }

    List<Entry> entries(ObjectFormat format) throws IOException {
        var all = new ArrayList<Entry>();
        while (more()) all.add(entry(format));
        return all;
    }

    /** {@code key=value} lines. */
    Map<String, String> lines() throws IOException {
        var values = new LinkedHashMap<String, String>();
        new String(rest(), StandardCharsets.UTF_8).lines().forEach(line -> {
            int equals = line.indexOf('=');
            if (equals > 0) values.put(line.substring(0, equals), line.substring(equals + 1));
        });
        return values;
    }
}
