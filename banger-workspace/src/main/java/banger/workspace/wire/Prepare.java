package banger.workspace.wire;

import banger.workspace.ObjectFormat;
import banger.workspace.RepoPath;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * The conversation that delivers a work tree. In order: {@link #begin}, {@link #list}, {@link #answer};
 * then for each file wanted {@link #file}, {@link #data}…, {@link #filed} or {@link #skip}; for each of
 * git's files {@link #git}, {@link #data}…, {@link #filed}; at last {@link #commit}. Closed before that the
 * workspace stays incomplete.
 */
public final class Prepare implements Closeable {
    /** More than a work tree can be asked to hold. */
    private static final int MAX_PATHS = 4_000_000;

    private final Frames frames;
    private final byte[] header = new byte[24];
    private ObjectFormat format = ObjectFormat.SHA1;

    public Prepare(Frames frames) {
        this.frames = frames;
    }

    /** Why a path was not overwritten. */
    public enum Why {
        EDITED,
        EDITED_AND_GONE_ON_HOST,
        GUESTS_OWN
    }

    public record Kept(Why why, RepoPath path) {}

    /**
     * What the guest makes of the list.
     *
     * @param wanted indices in the list, each once, ascending
     */
    public record Answer(int[] wanted, List<Kept> kept, List<RepoPath> removed, GitState git) {}

    /** @param manifest SHA-256, hexadecimal */
    public record Done(String manifest, int files, long bytes) {}

    /**
     * @param fresh the guest is of this build, and nobody's commands have run in it since it was saved
     * @param gitDir absolute in the guest, for a submodule; empty: {@code .git} in the work tree
     */
    public void begin(ObjectFormat objects, boolean force, boolean readonly, boolean fresh, String gitDir) {
        format = objects;
        var text = "format=" + objects.word() + "\nforce=" + (force ? 1 : 0) + "\nreadonly=" + (readonly ? 1 : 0) + "\n"
                // An agent of before does not know it.
                + (fresh ? "fresh=1\n" : "")
                + (gitDir.isEmpty() ? "" : "gitdir=" + gitDir + "\n");
        frames.talk(() -> {
            frames.send(Type.BEGIN, text.getBytes(StandardCharsets.UTF_8));
            return text;
        });
    }

    /** @param entries all that the work tree is to hold, ordered by path, each once */
    public void list(List<Entry> entries) {
        frames.talk(() -> {
            var batch = new Batch(frames, Type.LIST);
            for (var e : entries) batch.entry(e);
            batch.end();
            frames.send(Type.LISTED);
            frames.flush();
            return entries;
        });
    }

    /** @param listed how many entries the list had */
    public Answer answer(int listed) {
        return frames.talk(() -> {
            var wanted = new java.util.BitSet(listed);
            var kept = new ArrayList<Kept>();
            var removed = new ArrayList<RepoPath>();
            while (true) {
                if (kept.size() + removed.size() > MAX_PATHS) throw new IOException("more paths than there can be");
                var frame = frames.next();
                var fields = new Fields(frame.payload());
                switch (frame.type()) {
                    case Type.WANT -> {
                        while (fields.more()) wanted.set(index(fields, listed));
                    }
                    case Type.KEPT -> {
                        while (fields.more()) kept.add(new Kept(why(fields.u8()), fields.path()));
                    }
                    case Type.REMOVED -> removed.addAll(fields.paths());
                    case Type.ANSWERED -> {
                        return new Answer(wanted.stream().toArray(), kept, removed, GitState.of(fields.u8()));
                    }
                    default -> throw new IOException("a frame of type " + frame.type() + " in the answer");
                }
            }
        });
    }

    private static int index(Fields fields, int listed) throws IOException {
        int i = fields.count();
        if (i >= listed) throw new IOException("a file wanted that was not listed");
        return i;
    }

    private static Why why(int code) throws IOException {
        if (code < 1 || code > Why.values().length) throw new IOException("a reason of number " + code);
        return Why.values()[code - 1];
    }

    /** A wanted file as it is now; its contents follow. */
    public void file(int index, int mode, long size, long mtime) {
        frames.talk(() -> {
            ByteBuffer.wrap(header).putInt(index).putInt(mode).putLong(size).putLong(mtime);
            frames.send(Type.FILE, header);
            return index;
        });
    }

    /** At most 65536 bytes of the file that was begun. */
    public void data(byte[] bytes, int length) {
        frames.talk(() -> {
            frames.send(Type.DATA, bytes, 0, length);
            return length;
        });
    }

    /** The file that was begun is whole. */
    public void filed(String id) {
        frames.talk(() -> {
            frames.send(Type.FILED, HexFormat.of().parseHex(id));
            return id;
        });
    }

    /** A wanted file that vanished meanwhile. */
    public void skip(int index) {
        frames.talk(() -> {
            frames.send(Type.SKIP, ByteBuffer.allocate(4).putInt(index).array());
            return index;
        });
    }

    /** One of git's files, below the repository's git directory; contents and {@link #gitFiled} follow. */
    public void git(int mode, String path) {
        frames.talk(() -> {
            var name = path.getBytes(StandardCharsets.UTF_8);
            frames.send(
                    Type.GIT,
                    ByteBuffer.allocate(6 + name.length)
                            .putInt(mode)
                            .putShort((short) name.length)
                            .put(name)
                            .array());
            return path;
        });
    }

    /** One of git's files is whole. */
    public void gitFiled() {
        filed("");
    }

    /** All is sent; returns when it lies on the guest's disk. */
    public Done commit() {
        return frames.talk(() -> {
            frames.send(Type.COMMIT);
            var done = frames.expect(Type.DONE);
            return new Done(HexFormat.of().formatHex(done.bytes(32)), done.count(), done.i64());
        });
    }

    public ObjectFormat format() {
        return format;
    }

    @Override
    public void close() {
        frames.close();
    }
}
