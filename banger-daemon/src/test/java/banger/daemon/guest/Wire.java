package banger.daemon.guest;

import banger.api.http.Duplex;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Two ends of a connection in memory; a writer waits when the other end does not read. */
public final class Wire {
    private final Half up;
    private final Half down;

    /** @param capacity bytes that may be under way in each direction */
    public Wire(int capacity) {
        up = new Half(capacity);
        down = new Half(capacity);
    }

    public Wire() {
        this(1 << 16);
    }

    public Duplex host() {
        return end(down, up);
    }

    public Duplex guest() {
        return end(up, down);
    }

    private static Duplex end(Half in, Half out) {
        return Duplex.of(in.input, out.output, out::end, () -> {
            in.end();
            out.end();
        });
    }

    private static final class Half {
        private final ReentrantLock lock = new ReentrantLock();
        private final Condition changed = lock.newCondition();
        private final byte[] ring;
        private int start;
        private int size;
        private boolean ended;

        Half(int capacity) {
            ring = new byte[capacity];
        }

        void end() {
            lock.lock();
            try {
                ended = true;
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }

        private void await() throws IOException {
            try {
                changed.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted");
            }
        }

        final InputStream input = new InputStream() {
            @Override
            public int read() throws IOException {
                var one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] target, int offset, int length) throws IOException {
                if (length == 0) return 0;
                lock.lock();
                try {
                    while (size == 0) {
                        if (ended) return -1;
                        await();
                    }
                    int n = Math.min(length, size);
                    for (int i = 0; i < n; i++) target[offset + i] = ring[(start + i) % ring.length];
                    start = (start + n) % ring.length;
                    size -= n;
                    changed.signalAll();
                    return n;
                } finally {
                    lock.unlock();
                }
            }
        };

        final OutputStream output = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                write(new byte[] {(byte) b}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                lock.lock();
                try {
                    for (int sent = 0; sent < length; ) {
                        while (size == ring.length && !ended) await();
                        if (ended) throw new IOException("Broken pipe");
                        int n = Math.min(length - sent, ring.length - size);
                        for (int i = 0; i < n; i++) ring[(start + size + i) % ring.length] = bytes[offset + sent + i];
                        size += n;
                        sent += n;
                        changed.signalAll();
                    }
                } finally {
                    lock.unlock();
                }
            }
        };
    }
}
