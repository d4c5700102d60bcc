package banger.daemon.http;

import banger.api.http.Duplex;
import banger.api.http.Head;
import banger.api.http.Headers;
import banger.api.model.Event;
import banger.api.model.OperationInfo;
import banger.daemon.progress.Progress;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/** Streaming operations: events while they run, then one result or error. */
public final class Operations {
    private static final Logger LOG = LoggerFactory.getLogger(Operations.class);
    private static final SecureRandom RANDOM = new SecureRandom();

    private final Map<String, OperationInfo> running = new ConcurrentHashMap<>();
    private final Failures failures;

    public Operations(Path log) {
        this.failures = new Failures(log);
    }

    /** Whether a client that goes away ends the operation. */
    public enum OnDisconnect {
        /** Interrupted: what was done is undone. */
        CANCEL,
        /** Goes on to its end; nobody hears the result. */
        GO_ON
    }

    /** Work that tells what it does and returns the JSON of its result. */
    @FunctionalInterface
    public interface Work {
        String run(Progress progress);
    }

    /** Runs the work on this thread and streams what it says to the client. */
    public void stream(Exchange exchange, String kind, String object, OnDisconnect policy, Work work)
            throws IOException {
        var id = freshId();
        running.put(id, new OperationInfo(id, kind, object, Instant.now().toString()));
        MDC.put("op", id);
        try {
            var connection = exchange.hijack();
            // A client that is gone already is noticed here: then there is no operation, and none is listed.
            Head.response(
                            200,
                            "OK",
                            Headers.of(
                                    "Content-Type", "application/x-ndjson",
                                    "Transfer-Encoding", "chunked",
                                    "Connection", "close",
                                    "Banger-Operation", id))
                    .write(connection.out());
            var over = new AtomicBoolean();
            if (policy == OnDisconnect.CANCEL) cancelOnEnd(connection, over);
            try (var events = new EventStream(connection.out())) {
                LOG.debug("{} {}: begun", kind, object);
                var outcome = outcome(id, work, events, over);
                // Over before the client hears of it: what it asks next finds a daemon that is not busy with it.
                running.remove(id);
                events.send(outcome);
                LOG.debug("{} {}: ended", kind, object);
            }
        } finally {
            MDC.remove("op");
            running.remove(id);
        }
    }

    private Event outcome(String id, Work work, Progress progress, AtomicBoolean over) {
        try {
            return Event.result(work.run(progress));
        } catch (RuntimeException e) {
            return Event.error(failures.describe(e, id));
        } finally {
            over.set(true);
            Thread.interrupted(); // the result is still written to a client that may be there
        }
    }

    /** A client sends nothing after its request: the end of its input means that it is gone. */
    private static void cancelOnEnd(Duplex connection, AtomicBoolean over) {
        var operation = Thread.currentThread();
        Thread.ofVirtual().name("disconnect-watch").start(() -> {
            try {
                while (connection.in().read() >= 0) {}
            } catch (IOException e) {
                LOG.trace("client connection broke", e);
            }
            if (!over.get()) operation.interrupt();
        });
    }

    public List<OperationInfo> list() {
        return List.copyOf(running.values());
    }

    Failures failures() {
        return failures;
    }

    static String freshId() {
        var bytes = new byte[4];
        RANDOM.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }
}
