package banger.e2e;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A program that runs. Closing kills it when it still does. */
final class Running implements AutoCloseable {
    private final List<String> words;
    private final Process process;
    private final long end;
    private final Collected out;
    private final Collected err;

    Running(List<String> words, Process process, Duration deadline) {
        this.words = words;
        this.process = process;
        this.end = System.nanoTime() + deadline.toNanos();
        this.out = new Collected(process.getInputStream());
        this.err = new Collected(process.getErrorStream());
    }

    long pid() {
        return process.pid();
    }

    boolean alive() {
        return process.isAlive();
    }

    void send(byte[] bytes) {
        try {
            process.getOutputStream().write(bytes);
            process.getOutputStream().flush();
        } catch (IOException e) {
            // It ended, or closed its input: what it says about that is what a test looks at.
            return;
        }
    }

    void send(String text) {
        send(text.getBytes(StandardCharsets.UTF_8));
    }

    void endInput() {
        try {
            process.getOutputStream().close();
        } catch (IOException e) {
            return;
        }
    }

    /** @param name as {@code kill(1)} knows it: {@code INT} */
    void signal(String name) {
        Signal.send(pid(), name);
    }

    /** Returns once standard output holds this. */
    void awaitOut(String text) {
        out.await(text);
    }

    void awaitErr(String text) {
        err.await(text);
    }

    String err() {
        return err.text();
    }

    Ended await() {
        try {
            if (!process.waitFor(end - System.nanoTime(), TimeUnit.NANOSECONDS))
                throw new AssertionError("did not end in time: " + snapshot(-1));
            out.end();
            err.end();
            return snapshot(process.exitValue());
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private Ended snapshot(int status) {
        return new Ended(words, status, out.bytes(), err.bytes());
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    /** What came out of a stream so far. */
    private final class Collected {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private boolean ended;

        Collected(InputStream in) {
            // Of its own: a pipe that somebody keeps open must not stand in the way of the next test's.
            Thread.ofPlatform().daemon().name("output-of-" + process.pid()).start(() -> {
                var buffer = new byte[1 << 16];
                try (in) {
                    for (int n; (n = in.read(buffer)) > 0; ) add(buffer, n);
                } catch (IOException e) {
                    if (process.isAlive()) throw new UncheckedIOException(e);
                } finally {
                    finish();
                }
            });
        }

        private synchronized void add(byte[] buffer, int n) {
            bytes.write(buffer, 0, n);
            notifyAll();
        }

        private synchronized void finish() {
            ended = true;
            notifyAll();
        }

        synchronized byte[] bytes() {
            return bytes.toByteArray();
        }

        synchronized String text() {
            return bytes.toString(StandardCharsets.UTF_8);
        }

        synchronized void await(String wanted) {
            while (!text().contains(wanted)) {
                if (ended) throw new AssertionError("ended without " + wanted + ": " + snapshot(-1));
                pause("never said " + wanted);
            }
        }

        /** Until whoever holds the other end has closed it: a daemon that keeps its starter's output is a defect. */
        synchronized void end() {
            while (!ended) pause("ended, but something it started keeps its output open");
        }

        private void pause(String complaint) {
            long left = (end - System.nanoTime()) / 1_000_000;
            if (left <= 0) throw new AssertionError(complaint + ": " + snapshot(-1));
            try {
                wait(left);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
