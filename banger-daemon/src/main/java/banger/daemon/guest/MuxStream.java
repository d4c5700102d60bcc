package banger.daemon.guest;

import banger.api.http.Duplex;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One stream of a {@link Mux}. */
final class MuxStream implements Duplex {
    private static final Logger LOG = LoggerFactory.getLogger(MuxStream.class);

    /** Credit is given back in pieces of this size, not byte by byte. */
    private static final int CREDIT_STEP = Mux.WINDOW / 4;

    private final Mux mux;
    private final int number;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ArrayDeque<byte[]> chunks = new ArrayDeque<>();
    private int head;
    private int buffered;
    private int unreturned;
    private long credit = Mux.WINDOW;
    private boolean remoteEnded;
    private boolean localEnded;
    private boolean closed;
    private Optional<IOException> failure = Optional.empty();

    MuxStream(Mux mux, int number) {
        this.mux = mux;
        this.number = number;
    }

    int number() {
        return number;
    }

    void received(byte[] payload) throws IOException {
        lock.lock();
        try {
            if (remoteEnded || payload.length == 0) throw new IOException("the guest sent data after its end");
            if (buffered + unreturned + payload.length > Mux.WINDOW)
                throw new IOException("the guest sent more than it had credit for");
            if (closed) return;
            chunks.add(payload);
            buffered += payload.length;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void credited(int bytes) throws IOException {
        lock.lock();
        try {
            if (bytes <= 0 || credit + bytes > Mux.WINDOW) throw new IOException("the guest gave a false credit");
            credit += bytes;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void ended() {
        lock.lock();
        try {
            remoteEnded = true;
            if (localEnded) mux.forget(number);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void fail(IOException reason) {
        lock.lock();
        try {
            if (failure.isEmpty()) failure = Optional.of(reason);
            mux.forget(number);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private final InputStream in = new InputStream() {
        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            if (length == 0) return 0;
            int taken;
            int give = 0;
            lock.lock();
            try {
                while (chunks.isEmpty()) {
                    if (remoteEnded) return -1;
                    throwIfOver();
                    await();
                }
                var chunk = chunks.getFirst();
                taken = Math.min(length, chunk.length - head);
                System.arraycopy(chunk, head, target, offset, taken);
                head += taken;
                if (head == chunk.length) {
                    chunks.removeFirst();
                    head = 0;
                }
                buffered -= taken;
                unreturned += taken;
                if (unreturned >= CREDIT_STEP && !remoteEnded) {
                    give = unreturned;
                    unreturned = 0;
                }
            } finally {
                lock.unlock();
            }
            // Outside the lock: a write may wait for the guest, the mux's reader must not wait for us.
            if (give > 0)
                mux.send(
                        number,
                        Mux.Type.CREDIT,
                        ByteBuffer.allocate(4).putInt(give).array(),
                        0,
                        4);
            return taken;
        }

        @Override
        public int available() {
            lock.lock();
            try {
                return buffered;
            } finally {
                lock.unlock();
            }
        }
    };

    private final OutputStream out = new OutputStream() {
        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            int sent = 0;
            while (sent < length) {
                int n;
                lock.lock();
                try {
                    while (credit == 0) {
                        throwIfOver();
                        await();
                    }
                    throwIfOver();
                    if (localEnded) throw new IOException("the stream's output has ended");
                    n = (int) Math.min(Math.min(credit, Mux.MAX_PAYLOAD), length - sent);
                    credit -= n;
                } finally {
                    lock.unlock();
                }
                mux.send(number, Mux.Type.DATA, bytes, offset + sent, n);
                sent += n;
            }
        }
    };

    private void throwIfOver() throws IOException {
        if (failure.isPresent()) throw new IOException(failure.get().getMessage(), failure.get());
        if (closed) throw new IOException("the stream is closed");
    }

    private void await() throws IOException {
        try {
            changed.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }

    @Override
    public InputStream in() {
        return in;
    }

    @Override
    public OutputStream out() {
        return out;
    }

    @Override
    public void endOutput() throws IOException {
        lock.lock();
        try {
            if (localEnded || closed || failure.isPresent()) return;
            localEnded = true;
            if (remoteEnded) mux.forget(number);
        } finally {
            lock.unlock();
        }
        mux.send(number, Mux.Type.END, new byte[0], 0, 0);
    }

    /** What came of it before counts, whether its guest can still be told that it is over or not. */
    @Override
    public void close() {
        boolean reset;
        lock.lock();
        try {
            if (closed) return;
            closed = true;
            reset = failure.isEmpty() && !(localEnded && remoteEnded);
            chunks.clear();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        mux.forget(number);
        if (!reset) return;
        try {
            mux.send(number, Mux.Type.RESET, new byte[0], 0, 0);
        } catch (IOException e) {
            LOG.debug("stream {} ended with its channel: {}", number, e.getMessage());
        }
    }
}
