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
import org.jspecify.annotations.Nullable;

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
    private volatile boolean starved;
    private volatile Runnable whenSwitching = () -> {};

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

    /** Runs the listener, which must not wait, when QEMU has stopped the machine to save the rest and asks whether to go on. */
    void whenSwitching(Runnable listener) {
        whenSwitching = listener;
    }

    /** Whether it stands still for want of room on a disk, from what was heard since we listen. */
    boolean starved() {
        return starved;
    }

    /** Finds out about the time before we listened. */
    void askWhetherStarved() throws IOException {
        if (execute("{\"execute\":\"query-status\"}").get("return") instanceof Map<?, ?> status
                && "io-error".equals(status.get("status"))) starved = true;
    }

    /** Completes when QEMU closed the connection: it has ended. */
    CompletableFuture<Void> ended() {
        return ended;
    }

    /** Sends a command that QEMU may refuse: what it is about may be over by then. */
    void ask(String json) throws IOException {
        answer(json);
    }

    /** Sends a command and returns its {@code return} value's object. */
    Map<String, Object> execute(String json) throws IOException {
        var answer = answer(json);
        if (!answer.containsKey("return")) throw new IOException("QEMU refused: " + answer.get("error"));
        return answer;
    }

    private Map<String, Object> answer(String json) throws IOException {
        asking.lock();
        try {
            pipe.out().write((json + "\n").getBytes(StandardCharsets.UTF_8));
            pipe.out().flush();
            var answer = answers.poll(ANSWER_SECONDS, TimeUnit.SECONDS);
            if (ended.isDone()) throw new EOFException("QEMU ended");
            if (answer == null) throw new IOException("QEMU did not answer within " + ANSWER_SECONDS + " s");
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
                if (message.get("event") instanceof String event) heard(event, message.get("data"));
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

    private void heard(String event, @Nullable Object data) {
        switch (event) {
            case "SHUTDOWN" -> {
                if (data instanceof Map<?, ?> d && d.get("reason") instanceof String reason)
                    shutdownReason.complete(reason);
            }
            case "BLOCK_IO_ERROR" -> {
                if (data instanceof Map<?, ?> d && "stop".equals(d.get("action"))) {
                    starved = true;
                    whenStarved.run();
                }
            }
            case "RESUME" -> starved = false;
            case "MIGRATION" -> {
                if (data instanceof Map<?, ?> d && "pre-switchover".equals(d.get("status"))) whenSwitching.run();
            }
            default -> {}
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
