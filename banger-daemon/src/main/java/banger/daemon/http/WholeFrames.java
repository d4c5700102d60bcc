package banger.daemon.http;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Exec frames on their way to a client. One that has come in part waits for its rest, so that a line of
 * ours can stand between two of them at any time. What breaks the frames' rules passes as it is: the client
 * refuses it.
 */
final class WholeFrames extends OutputStream {
    private static final int HEAD = 4;
    private static final int MOST = 65536;
    private static final byte STDERR = 2;

    private final OutputStream out;
    private final boolean terminal;
    /** Most commands never need it. */
    private byte[] part = {};

    private int held;
    private boolean broken;

    /** @param terminal whether the command has one: then a line of ours ends as it wants it, and starts on a new one */
    WholeFrames(OutputStream out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public synchronized void write(byte[] bytes, int from, int count) throws IOException {
        int at = from;
        int end = from + count;
        while (held > 0 && at < end && !broken) at += complete(bytes, at, end);
        int whole = broken ? end : lastWhole(bytes, at, end);
        if (whole > at) out.write(bytes, at, whole - at);
        if (end == whole) return;
        if (part.length == 0) part = new byte[HEAD + MOST];
        System.arraycopy(bytes, whole, part, held, end - whole);
        held += end - whole;
    }

    /** Takes what the frame begun before still wants, and passes it on once it is whole. */
    private int complete(byte[] bytes, int from, int end) throws IOException {
        int want = held < HEAD ? HEAD - held : HEAD + length(part, 0) - held;
        int taken = Math.min(want, end - from);
        System.arraycopy(bytes, from, part, held, taken);
        held += taken;
        if (held < HEAD) return taken;
        broken = length(part, 0) > MOST;
        if (broken || held == HEAD + length(part, 0)) {
            out.write(part, 0, held);
            held = 0;
        }
        return taken;
    }

    /** Where the last frame ends that is here whole. */
    private int lastWhole(byte[] bytes, int from, int end) {
        int at = from;
        while (end - at >= HEAD) {
            int length = length(bytes, at);
            if (length > MOST) {
                broken = true;
                return end;
            }
            if (end - at - HEAD < length) break;
            at += HEAD + length;
        }
        return at;
    }

    private static int length(byte[] bytes, int at) {
        return (bytes[at + 1] & 0xff) << 16 | (bytes[at + 2] & 0xff) << 8 | bytes[at + 3] & 0xff;
    }

    /** Writes a line to the client's standard error. */
    synchronized void say(String line) throws IOException {
        if (broken) return;
        var text = (terminal ? "\r\n" + line + "\r\n" : line + "\n").getBytes(StandardCharsets.UTF_8);
        var frame = Arrays.copyOf(
                new byte[] {STDERR, (byte) (text.length >> 16), (byte) (text.length >> 8), (byte) text.length},
                HEAD + text.length);
        System.arraycopy(text, 0, frame, HEAD, text.length);
        out.write(frame);
        out.flush();
    }

    /** What has come of a frame that will never be whole is the client's to judge. */
    @Override
    public synchronized void close() throws IOException {
        out.write(part, 0, held);
        held = 0;
        out.close();
    }

    @Override
    public void flush() throws IOException {
        out.flush();
    }
}
