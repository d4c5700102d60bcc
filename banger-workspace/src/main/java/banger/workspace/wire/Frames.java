package banger.workspace.wire;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Printable;
import banger.api.http.Duplex;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** Frames over one stream to an agent; used by one thread. */
public final class Frames implements Closeable {
    static final int MAX_PAYLOAD = 65536;

    private final String vm;
    private final Duplex stream;
    private final DataInputStream in;
    private final OutputStream out;
    private Frame ahead = NONE;

    private static final Frame NONE = new Frame(0, new byte[0]);

    /** Does part of a conversation. */
    @FunctionalInterface
    interface Talk<T> {
        T run() throws IOException;
    }

    /**
     * @param vm the VM's name, for errors
     * @param stream switched to the conversation already; closed with this
     */
    public Frames(String vm, Duplex stream) {
        this.vm = vm;
        this.stream = stream;
        this.in = new DataInputStream(stream.in());
        this.out = new BufferedOutputStream(stream.out(), 2 * MAX_PAYLOAD);
    }

    /** The VM's name, for errors. */
    String vm() {
        return vm;
    }

    /** A part of the conversation whose failures are told as this VM's. */
    <T> T talk(Talk<T> part) {
        try {
            return part.run();
        } catch (IOException e) {
            throw refused(e);
        }
    }

    /** What the agent said last is better than that it is gone. */
    private BangerException refused(IOException cause) {
        if (!(cause instanceof EOFException)) {
            try {
                while (true) if (receive().type() == Type.FAILED) break;
            } catch (IOException e) {
                return broken(cause);
            }
        }
        return broken(cause);
    }

    private BangerException broken(IOException e) {
        if (Thread.currentThread().isInterrupted())
            return new BangerException(ErrorCode.CANCELLED, "cancelled").because(e);
        return new BangerException(
                        ErrorCode.GUEST_PROTOCOL,
                        "vm " + vm + ": the conversation with its agent broke ("
                                + Printable.line(String.valueOf(e.getMessage())) + ")",
                        "banger vm logs " + vm + ", then the same again")
                .because(e);
    }

    /**
     * The next frame.
     *
     * @throws BangerException {@code guest.refused} when the agent says that it failed
     */
    Frame next() throws IOException {
        if (ahead != NONE) {
            var frame = ahead;
            ahead = NONE;
            return frame;
        }
        out.flush();
        return receive();
    }

    private Frame receive() throws IOException {
        int type = in.read();
        if (type < 0) throw new EOFException("it ended early");
        int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
        if (length > MAX_PAYLOAD) throw new IOException("a frame of " + length + " bytes");
        var payload = new byte[length];
        in.readFully(payload);
        if (type == Type.FAILED) throw refusal(Printable.line(new String(payload, StandardCharsets.UTF_8)));
        return new Frame(type, payload);
    }

    private BangerException refusal(String said) {
        var fact = "vm " + vm + ": " + said;
        return said.endsWith("No space left on device")
                ? new BangerException(
                        ErrorCode.GUEST_REFUSED,
                        fact,
                        "its disk is full; a larger one: banger vm stop " + vm + ", then banger vm set " + vm
                                + " --disk-size 16G, and start it again")
                : new BangerException(ErrorCode.GUEST_REFUSED, fact);
    }

    /** The type of the next frame, which stays the next. */
    int peek() throws IOException {
        if (ahead == NONE) ahead = next();
        return ahead.type();
    }

    /** The next frame, which must be of this type. */
    Fields expect(int type) throws IOException {
        var frame = next();
        if (frame.type() != type) throw new IOException("a frame of type " + frame.type() + ", not " + type);
        return new Fields(frame.payload());
    }

    void send(int type, byte... payload) throws IOException {
        send(type, payload, 0, payload.length);
    }

    void send(int type, byte[] bytes, int offset, int length) throws IOException {
        if (length > MAX_PAYLOAD) throw new IllegalArgumentException("a frame of " + length + " bytes");
        out.write(type);
        out.write(length >> 16);
        out.write(length >> 8);
        out.write(length);
        out.write(bytes, offset, length);
    }

    void flush() throws IOException {
        out.flush();
    }

    @Override
    public void close() {
        try {
            stream.close();
        } catch (IOException e) {
            return; // gone already; what mattered was acknowledged
        }
    }
}
