package banger.workspace.wire;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;

/** The conversation that fetches contents: {@link #ask}, then {@link #next} once a path, in the order asked. */
public final class Read implements Closeable {
    private final Frames frames;
    private Content open = Content.NONE;

    public Read(Frames frames) {
        this.frames = frames;
    }

    /** The answer for one path. */
    public sealed interface Item {
        /** As it was asked. */
        byte[] path();
    }

    /**
     * A file or link.
     *
     * @param size as the guest says; what comes may be more or less
     * @param content a link's: its target. To be read to its end before the next item is asked for
     */
    public record File(int mode, long size, long mtime, byte[] path, Content content) implements Item {}

    /** Nothing that has a content is there. */
    public record Missing(byte[] path) implements Item {}

    /** @param paths relative to the work tree; {@code .git/…} too */
    public void ask(List<byte[]> paths) {
        frames.talk(() -> {
            var batch = new Batch(frames, Type.PATHS);
            for (var p : paths) batch.path(p);
            batch.end();
            frames.send(Type.ASKED);
            frames.flush();
            return paths;
        });
    }

    /** @param asked the path whose turn it is: an answer for another ends the conversation */
    public Item next(byte[] asked) {
        return frames.talk(() -> {
            open.transferTo(java.io.OutputStream.nullOutputStream());
            var frame = frames.next();
            var fields = new Fields(frame.payload());
            Item item = switch (frame.type()) {
                case Type.READ_FILE -> {
                    int mode = fields.u32();
                    long size = fields.i64();
                    long mtime = fields.i64();
                    open = new Content(frames);
                    yield new File(mode, size, mtime, fields.string(), open);
                }
                case Type.MISSING -> new Missing(fields.string());
                default -> throw new IOException("a frame of type " + frame.type() + " while reading");
            };
            if (!Arrays.equals(item.path(), asked)) throw new IOException("a file that was not asked for");
            return item;
        });
    }

    /** Every path was answered. */
    public void end() {
        frames.talk(() -> {
            open.transferTo(java.io.OutputStream.nullOutputStream());
            return frames.expect(Type.READ);
        });
    }

    /** The bytes of one file, as they come. */
    public static final class Content extends InputStream {
        private static final Content NONE = new Content();

        private final Frames frames;
        private byte[] chunk = new byte[0];
        private int at;
        private boolean ended;
        private boolean changed;

        private Content(Frames frames) {
            this.frames = frames;
        }

        @SuppressWarnings("NullAway") // ended: never asks
        private Content() {
            this.frames = null;
            this.ended = true;
        }

        /** After the end: whether the file changed while the guest read it. */
        public boolean changed() {
            return changed;
        }

        @Override
        public int read() throws IOException {
            return fill() ? chunk[at++] & 0xff : -1;
        }

        @Override
        public int read(byte[] b, int off, int len) throws IOException {
            if (len == 0) return 0;
            if (!fill()) return -1;
            int n = Math.min(len, chunk.length - at);
            System.arraycopy(chunk, at, b, off, n);
            at += n;
            return n;
        }

        private boolean fill() throws IOException {
            while (!ended && at == chunk.length) {
                var frame = frames.next();
                switch (frame.type()) {
                    case Type.DATA -> {
                        chunk = frame.payload();
                        at = 0;
                    }
                    case Type.READ_FILED -> {
                        ended = true;
                        changed = frame.payload().length == 1;
                    }
                    default -> throw new IOException("a frame of type " + frame.type() + " within a file");
                }
            }
            return at < chunk.length;
        }
    }

    @Override
    public void close() {
        frames.close();
    }
}
