package banger.workspace.wire;

import banger.workspace.RepoPath;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;

/** Fills frames of one type with whole items. */
final class Batch {
    private final Frames frames;
    private final int type;
    private final ByteBuffer buffer = ByteBuffer.allocate(Frames.MAX_PAYLOAD);

    Batch(Frames frames, int type) {
        this.frames = frames;
        this.type = type;
    }

    void entry(Entry e) throws IOException {
        room(4 + 8 + 8 + e.id().length() / 2 + 2 + e.path().length());
        buffer.putInt(e.mode()).putLong(e.size()).putLong(e.mtime());
        buffer.put(HexFormat.of().parseHex(e.id()));
        put(e.path().bytes());
    }

    /** @param path relative to the work tree; below {@code .git} too */
    void path(byte[] path) throws IOException {
        room(2 + path.length);
        put(path);
    }

    void path(RepoPath path) throws IOException {
        path(path.bytes());
    }

    private void put(byte[] path) {
        buffer.putShort((short) path.length).put(path);
    }

    private void room(int bytes) throws IOException {
        if (buffer.remaining() < bytes) end();
    }

    /** Sends what is left. */
    void end() throws IOException {
        if (buffer.position() > 0) frames.send(type, Arrays.copyOf(buffer.array(), buffer.position()));
        buffer.clear();
    }
}
