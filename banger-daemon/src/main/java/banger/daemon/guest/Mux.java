package banger.daemon.guest;

import banger.api.http.Duplex;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Many streams over one byte pipe (QEMU's virtio-serial port 2).
 *
 * <p>Concurrency: one reader thread takes frames and never writes, so it cannot be held up by a
 * guest that does not read. Each stream holds at most its credit window in memory; consumers return
 * credit on their own threads. Writers take one lock a frame.
 */
public final class Mux implements GuestChannel {
    static final int MAX_PAYLOAD = 65536;
    static final int WINDOW = 262144;
    private static final int HEADER = 12;
    private static final int SKIP_LIMIT = 64 << 20;

    enum Type {
        NONE,
        OPEN,
        DATA,
        CREDIT,
        END,
        RESET
    }

    private final Duplex pipe;
    private final Map<Integer, MuxStream> streams = new ConcurrentHashMap<>();
    private final AtomicInteger numbers = new AtomicInteger();
    private final ReentrantLock writing = new ReentrantLock();
    private final CompletableFuture<Void> begun = new CompletableFuture<>();
    private volatile boolean closed;

    private Mux(Duplex pipe) {
        this.pipe = pipe;
    }

    /** Begins a session; streams may be opened at once, they are answered when the guest began it. */
    public static Mux begin(Duplex pipe, Control control) throws IOException {
        var mux = new Mux(pipe);
        var nonce = Nonce.fresh();
        pipe.out().write(nonce.bytes());
        pipe.out().flush();
        control.mux(nonce);
        Thread.ofVirtual().name("guest-streams").start(() -> mux.read(nonce));
        return mux;
    }

    /** Completes when the guest has begun the session. */
    public CompletableFuture<Void> begun() {
        return begun;
    }

    @Override
    public Duplex open() throws IOException {
        var stream = new MuxStream(this, numbers.incrementAndGet());
        streams.put(stream.number(), stream);
        send(stream.number(), Type.OPEN, new byte[0], 0, 0);
        if (closed) stream.fail(new EOFException("the guest channel ended"));
        return stream;
    }

    void send(int stream, Type type, byte[] payload, int offset, int length) throws IOException {
        var frame = ByteBuffer.allocate(HEADER + length);
        frame.putInt(length).putInt(stream).put((byte) type.ordinal()).put(new byte[3]);
        frame.put(payload, offset, length);
        writing.lock();
        try {
            if (closed) throw new EOFException("the guest channel ended");
            pipe.out().write(frame.array());
        } finally {
            writing.unlock();
        }
    }

    void forget(int stream) {
        streams.remove(stream);
    }

    private void read(Nonce nonce) {
        IOException reason;
        try {
            var in = pipe.in();
            skipTo(in, nonce.bytes());
            begun.complete(null);
            var data = new DataInputStream(in);
            while (true) frame(data);
        } catch (IOException e) {
            reason = e;
        } catch (RuntimeException e) {
            reason = new IOException("guest streams: " + e.getMessage(), e);
        }
        begun.completeExceptionally(reason);
        end(reason);
    }

    private void frame(DataInputStream in) throws IOException {
        int length = in.readInt();
        int number = in.readInt();
        int type = in.readUnsignedByte();
        if (in.readUnsignedByte() + in.readUnsignedByte() + in.readUnsignedByte() != 0)
            throw new IOException("the guest sent a frame with padding");
        if (length < 0 || length > MAX_PAYLOAD) throw new IOException("the guest sent a frame of " + length + " bytes");
        if (number < 1 || number > numbers.get()) throw new IOException("the guest sent a frame for no stream");
        if (type < Type.DATA.ordinal() || type > Type.RESET.ordinal())
            throw new IOException("the guest sent a frame of type " + type);
        if (length > 0 && type >= Type.END.ordinal()) throw new IOException("the guest sent an end with a payload");
        var payload = new byte[length];
        in.readFully(payload);
        var stream = streams.get(number);
        if (stream == null) return; // over already; what was under way is dropped
        switch (Type.values()[type]) {
            case DATA -> stream.received(payload);
            case CREDIT -> {
                if (length != 4) throw new IOException("the guest sent a malformed credit");
                stream.credited(ByteBuffer.wrap(payload).getInt());
            }
            case END -> stream.ended();
            case RESET -> stream.fail(new EOFException("the guest ended the stream"));
            case NONE, OPEN -> throw new IOException("the guest sent a frame of type " + type);
        }
    }

    /** Drops everything up to and including the nonce. */
    private static void skipTo(InputStream in, byte[] nonce) throws IOException {
        var last = new byte[nonce.length];
        for (int n = 0; n < SKIP_LIMIT; n++) {
            int b = in.read();
            if (b < 0) throw new EOFException("the guest channel ended");
            System.arraycopy(last, 1, last, 0, last.length - 1);
            last[last.length - 1] = (byte) b;
            if (n >= last.length - 1 && Arrays.equals(last, nonce)) return;
        }
        throw new IOException("the guest did not begin the streams session");
    }

    private void end(IOException reason) {
        closed = true;
        streams.values().forEach(s -> s.fail(reason));
        streams.clear();
        try {
            pipe.close();
        } catch (IOException e) {
            // Gone either way.
            return;
        }
    }

    @Override
    public void close() {
        end(new EOFException("the guest channel was closed"));
    }
}
