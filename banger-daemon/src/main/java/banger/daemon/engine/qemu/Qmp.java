package banger.daemon.engine.qemu;

import banger.api.http.Duplex;
import io.avaje.jsonb.JsonType;
import io.avaje.jsonb.Jsonb;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/** QEMU's monitor protocol: one command at a time, events on the reader's thread. */
final class Qmp implements Closeable {
    private static final int MAX_LINE = 1 << 20;
    private static final long ANSWER_SECONDS = 10;
    private static final JsonType<Map<String, Object>> OBJECT =
            Jsonb.instance().type(Object.class).map();

    private final Duplex pipe;
    private final BlockingQueue<Map<String, Object>> answers = new ArrayBlockingQueue<>(16);
    private final ReentrantLock asking = new ReentrantLock();
    private final CompletableFuture<String> shutdownReason = new CompletableFuture<>();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();

    private volatile Runnable whenStarved = () -> {};

    private Qmp(Duplex pipe) {
        this.pipe = pipe;
    }

    static Qmp begin(Duplex pipe) throws IOException {
        var qmp = new Qmp(pipe);
        qmp.line(); // the greeting
        Thread.ofVirtual().name("qmp").start(qmp::read);
        qmp.execute("{\"execute\":\"qmp_capabilities\"}");
        return qmp;
    }

    /** Why the machine was shut down, once QEMU has said so: {@code guest-shutdown}, {@code guest-reset} … */
    CompletableFuture<String> shutdownReason() {
        return shutdownReason;
    }

    /** Runs the listener, which must not wait, each time QEMU stops for want of room on a disk. */
    void whenStarved(Runnable listener) {
        whenStarved = listener;
    }

    /** Whether it stands still for want of room on a disk. */
    boolean starved() {
        try {
            return execute("{\"execute\":\"query-status\"}").get("return") instanceof Map<?, ?> status
                    && "io-error".equals(status.get("status"));
        } catch (IOException e) {
            // It ended, or answers nobody: neither is this.
            return false;
        }
    }

    /** Completes when QEMU closed the connection: it has ended. */
    CompletableFuture<Void> ended() {
        return ended;
    }

    /** Sends a command and returns its {@code return} value's object. */
    Map<String, Object> execute(String json) throws IOException {
        asking.lock();
        try {
            pipe.out().write((json + "\n").getBytes(StandardCharsets.UTF_8));
            pipe.out().flush();
            var answer = answers.poll(ANSWER_SECONDS, TimeUnit.SECONDS);
            if (ended.isDone()) throw new EOFException("QEMU ended");
            if (answer == null) throw new IOException("QEMU did not answer within " + ANSWER_SECONDS + " s");
            if (!answer.containsKey("return")) throw new IOException("QEMU refused: " + answer.get("error"));
            return answer;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new java.io.InterruptedIOException("interrupted");
        } finally {
            asking.unlock();
        }
    }

    private void read() {
        try {
            while (true) {
                var message = OBJECT.fromJson(line());
                if ("SHUTDOWN".equals(message.get("event"))
                        && message.get("data") instanceof Map<?, ?> data
                        && data.get("reason") instanceof String reason) shutdownReason.complete(reason);
                if ("BLOCK_IO_ERROR".equals(message.get("event"))
                        && message.get("data") instanceof Map<?, ?> data
                        && "stop".equals(data.get("action"))) whenStarved.run();
                if (message.containsKey("return") || message.containsKey("error"))
                    if (!answers.offer(message)) throw new IOException("QEMU answers what was not asked");
            }
        } catch (IOException | RuntimeException e) {
            close();
            ended.complete(null);
            // Whoever waits for an answer learns it now.
            answers.offer(Map.of());
        }
    }

    private String line() throws IOException {
        var bytes = new java.io.ByteArrayOutputStream(256);
        for (int b; (b = pipe.in().read()) != '\n'; ) {
            if (b < 0) throw new EOFException("QEMU ended");
            if (bytes.size() == MAX_LINE) throw new IOException("QEMU sent a line over 1 MiB");
            bytes.write(b);
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        try {
            pipe.close();
        } catch (IOException e) {
            // QEMU closes its end when it ends; there is nothing else to free.
            ended.complete(null);
        }
    }
}
