package banger.workspace.out;

import banger.api.http.Duplex;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;

/** A stream to a guest that is given up when nothing comes for too long: a hostile agent may just stop answering. */
public final class Patience implements Duplex {
    private final Duplex stream;
    private final Duration longest;
    private final InputStream in;
    private final Thread watch;
    private volatile long waitingSince;
    private volatile boolean gaveUp;

    public Patience(Duplex stream, Duration longest) {
        this.stream = stream;
        this.longest = longest;
        this.in = new Watched(stream.in());
        this.watch = Thread.ofVirtual().name("patience").start(this::watch);
    }

    private void watch() {
        try {
            while (true) {
                long since = waitingSince;
                long left = since == 0 ? longest.toNanos() : longest.toNanos() - (System.nanoTime() - since);
                if (left <= 0) {
                    gaveUp = true;
                    stream.close();
                    return;
                }
                Thread.sleep(Duration.ofNanos(left));
            }
        } catch (InterruptedException | IOException e) {
            return; // over, or gone already
        }
    }

    private final class Watched extends FilterInputStream {
        Watched(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] b, int off, int len) throws IOException {
            waitingSince = System.nanoTime() | 1;
            try {
                return in.read(b, off, len);
            } catch (IOException e) {
                if (gaveUp) throw new IOException("the guest said nothing for " + longest.toSeconds() + " s", e);
                throw e;
            } finally {
                waitingSince = 0;
            }
        }
    }

    @Override
    public InputStream in() {
        return in;
    }

    @Override
    public OutputStream out() {
        return stream.out();
    }

    @Override
    public void endOutput() throws IOException {
        stream.endOutput();
    }

    @Override
    public void close() throws IOException {
        watch.interrupt();
        stream.close();
    }
}
