package banger.api.process;

import java.io.ByteArrayOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One run of a host program whose three streams are served at once: bounded in time, ended with all that it started when
 * that is over, when the caller is interrupted, or when what feeds or reads it fails.
 *
 * @param status its exit status
 * @param output what was made of its standard output
 * @param errors what was kept of its standard error
 */
public record ProgramRun<T>(int status, T output, byte[] errors) {
    private static final Duration GRACE = Duration.ofSeconds(2);

    /** Writes what a program is to read. Its stream is closed afterwards. */
    @FunctionalInterface
    public interface Feed {
        /** Nothing to read. */
        Feed NOTHING = out -> {};

        void to(OutputStream out) throws IOException;
    }

    /** Reads what a program writes, to the end. */
    @FunctionalInterface
    public interface Take<T> {
        T from(InputStream in) throws IOException;
    }

    /** A run that came to no exit status; the program is gone. */
    public static final class Broken extends Exception {
        private static final long serialVersionUID = 1;

        Broken(String fact) {
            super(fact);
        }

        Broken(String fact, Throwable cause) {
            super(fact, cause);
        }
    }

    /**
     * Not virtual ones: reading a pipe keeps a carrier, and on a host with two processors a single silent program
     * would have all of them. JDK 25 lends others only until it trims its pool, half a minute later.
     */
    private static final ThreadFactory PIPES =
            Thread.ofPlatform().daemon().name("pipe-", 0).factory();

    /**
     * Runs it.
     *
     * @param limit for the program itself
     * @param after how long its output may stay open in the hands of what it started
     * @throws Broken when it cannot be started, takes too long, or its input or output fails
     * @throws RuntimeException what {@code feed} or a {@code take} throws
     */
    public static <T> ProgramRun<T> of(
            ProcessBuilder program, Duration limit, Duration after, Feed feed, Take<T> output, Take<byte[]> errors)
            throws Broken, InterruptedException {
        var process = start(program);
        var gone = new AtomicBoolean();
        try (var threads = Executors.newThreadPerTaskExecutor(PIPES)) {
            try {
                var fed = CompletableFuture.runAsync(() -> feed(process.getOutputStream(), feed, gone), threads);
                var out = CompletableFuture.supplyAsync(() -> take(process, process.getInputStream(), output), threads);
                var err = CompletableFuture.supplyAsync(() -> take(process, process.getErrorStream(), errors), threads);
                if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS))
                    throw new Broken("did not end within " + limit.toSeconds() + " s");
                if (fed.isCompletedExceptionally()) got(fed, after);
                var value = got(out, after);
                got(fed, after);
                return new ProgramRun<>(process.exitValue(), value, got(err, GRACE));
            } finally {
                end(process);
                threads.shutdownNow(); // an input that waits for somebody who says nothing
            }
        }
    }

    private static Process start(ProcessBuilder program) throws Broken {
        try {
            return program.start();
        } catch (IOException e) {
            throw new Broken("cannot be started: " + e.getMessage(), e);
        }
    }

    private static <T> T got(Future<T> part, Duration patience) throws Broken, InterruptedException {
        try {
            return part.get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new Broken("its output could not be read to the end", e);
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case Failed failed -> throw new Broken("its input or output broke off: " + failed.getMessage(), failed);
                case RuntimeException told -> throw told;
                case null, default -> throw new CompletionException(e);
            }
        }
    }

    /** Tells what broke: the program, which has gone and says why itself, or what was to be fed. */
    private static void feed(OutputStream out, Feed feed, AtomicBoolean gone) {
        var watched = new FilterOutputStream(out) {
            @Override
            public void write(int b) throws IOException {
                write(new byte[] {(byte) b}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                try {
                    out.write(bytes, offset, length);
                } catch (IOException e) {
                    gone.set(true);
                    throw e;
                }
            }

            @Override
            public void flush() throws IOException {
                try {
                    out.flush();
                } catch (IOException e) {
                    gone.set(true);
                    throw e;
                }
            }
        };
        try (out) {
            feed.to(watched);
            watched.flush();
        } catch (IOException e) {
            if (!gone.get()) throw new Failed(e);
        }
    }

    private static <T> T take(Process process, InputStream from, Take<T> take) {
        try (from) {
            return take.from(from);
        } catch (IOException e) {
            process.destroyForcibly();
            throw new Failed(e);
        } catch (RuntimeException e) {
            process.destroyForcibly();
            throw e;
        }
    }

    /** An input or output that broke off, on its way to the caller's thread. */
    private static final class Failed extends RuntimeException {
        private static final long serialVersionUID = 1;

        Failed(IOException cause) {
            super(cause.getMessage(), cause);
        }
    }

    /**
     * Keeps the last of what is written, for an error message.
     *
     * @param limit bytes; up to as many again may be kept
     */
    public static byte[] tail(InputStream in, int limit) {
        var kept = new ByteArrayOutputStream();
        var buffer = new byte[8192];
        try {
            for (int n; (n = in.read(buffer)) >= 0; ) {
                if (kept.size() > limit) kept.reset();
                kept.write(buffer, 0, n);
            }
        } catch (IOException e) {
            // Closed by us when the program was ended: what came until then is what it said.
            return kept.toByteArray();
        }
        return kept.toByteArray();
    }

    /** Kills the program and what it started, and closes our ends of its pipes so that readers return. */
    private static void end(Process process) {
        var interrupted = Thread.interrupted();
        try {
            if (process.isAlive()) {
                var descendants = process.descendants().toList();
                process.destroyForcibly();
                descendants.forEach(ProcessHandle::destroyForcibly);
                process.waitFor(GRACE.toMillis(), TimeUnit.MILLISECONDS);
            }
            process.getInputStream().close();
            process.getErrorStream().close();
        } catch (InterruptedException e) {
            interrupted = true;
        } catch (IOException e) {
            // Its pipes are gone with it.
            return;
        } finally {
            if (interrupted) Thread.currentThread().interrupt();
        }
    }
}
