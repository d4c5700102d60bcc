package banger.daemon.engine.firecracker;

import banger.api.Printable;
import banger.api.http.Duplex;
import banger.api.http.Head;
import banger.api.http.Headers;
import banger.daemon.guest.Deadlines;
import io.avaje.json.JsonException;
import io.avaje.jsonb.Json;
import io.avaje.jsonb.Jsonb;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One keep-alive connection to a Firecracker's API: one request at a time, each with a deadline, answers
 * bounded. After a broken exchange the connection is closed. Thread-safe.
 */
public final class ApiClient implements Closeable {
    private static final int MAX_ANSWER = 64 * 1024;
    private static final Duration QUICK = Duration.ofSeconds(10);

    private final Duplex pipe;
    private final Duration deadline;
    private final ReentrantLock asking = new ReentrantLock();

    public ApiClient(Duplex pipe) {
        this(pipe, QUICK);
    }

    ApiClient(Duplex pipe, Duration deadline) {
        this.pipe = pipe;
        this.deadline = deadline;
    }

    /**
     * The instance's own account.
     *
     * @param id what {@code --id} said
     * @param state {@code Not started}, {@code Running} or {@code Paused}
     */
    @Json(naming = Json.Naming.LowerUnderscore)
    public record Instance(
            @Nullable String id,
            @Nullable String state,
            @Nullable String vmmVersion) {}

    @Json(naming = Json.Naming.LowerUnderscore)
    record Fault(@Nullable String faultMessage) {}

    /** Firecracker understood the request and refused it. */
    static final class Refused extends IOException {
        private static final long serialVersionUID = 1;

        Refused(String message) {
            super(message);
        }
    }

    /**
     * @throws Refused with the call's subject and Firecracker's own words
     * @throws IOException when there was no whole answer in time
     */
    public void send(ApiCall call) throws IOException {
        send(call, deadline);
    }

    /** For what takes as long as the machine's memory is large. */
    void send(ApiCall call, Duration within) throws IOException {
        var answer = exchange(call.method(), call.path(), call.body(), within);
        if (answer.status / 100 == 2) return;
        throw new Refused(call.subject() + ": " + answer.fault());
    }

    /** @throws IOException also when the answer misses something that is needed */
    public Instance instance() throws IOException {
        var answer = exchange("GET", "/", "", deadline);
        if (answer.status != 200) throw new Refused("instance: " + answer.fault());
        try {
            var instance = Jsonb.instance().type(Instance.class).fromJson(answer.body);
            if (instance.id == null) throw new IOException("Firecracker's account of itself lacks the id");
            if (instance.state == null) throw new IOException("Firecracker's account of itself lacks the state");
            return instance;
        } catch (JsonException e) {
            throw new IOException("Firecracker's account of itself is not what was expected: " + shown(answer.body), e);
        }
    }

    private record Answer(int status, String body) {
        String fault() {
            try {
                var fault = Jsonb.instance().type(Fault.class).fromJson(body);
                if (fault.faultMessage != null) return shown(fault.faultMessage);
            } catch (JsonException e) {
                // Not its usual form: shown as it is.
                return "status " + status + " " + shown(body);
            }
            return "status " + status;
        }
    }

    private static String shown(String text) {
        var line = Printable.line(text.replace('\n', ' ').strip());
        return line.length() > 300 ? line.substring(0, 300) + " …" : line;
    }

    private Answer exchange(String method, String path, String body, Duration within) throws IOException {
        asking.lock();
        var expired = new AtomicBoolean();
        var timer = Deadlines.after(within, () -> {
            expired.set(true);
            close();
        });
        try {
            var bytes = body.getBytes(StandardCharsets.UTF_8);
            var headers = bytes.length == 0
                    ? Headers.of("Host", "localhost", "Accept", "application/json")
                    : Headers.of(
                            "Host",
                            "localhost",
                            "Accept",
                            "application/json",
                            "Content-Type",
                            "application/json",
                            "Content-Length",
                            Integer.toString(bytes.length));
            Head.request(method, path, headers).write(pipe.out());
            pipe.out().write(bytes);
            pipe.out().flush();
            var head =
                    Head.read(pipe.in()).orElseThrow(() -> new EOFException("Firecracker ended instead of answering"));
            return new Answer(head.status(), body(head));
        } catch (IOException e) {
            close();
            if (expired.get())
                throw new IOException(
                        "Firecracker did not answer within " + within.toMillis() + " ms (" + path + ")", e);
            throw e;
        } finally {
            timer.cancel(false);
            asking.unlock();
        }
    }

    private String body(Head head) throws IOException {
        // Without a length it would be read to the end of the connection, which is kept.
        if (head.headers().first("Content-Length").isEmpty()) {
            if (head.status() == 204) return "";
            throw new IOException("Firecracker answers without a length");
        }
        var bytes = head.body(pipe.in()).readNBytes(MAX_ANSWER + 1);
        if (bytes.length > MAX_ANSWER) throw new IOException("Firecracker's answer is over 64 KiB");
        return new String(bytes, StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        try {
            pipe.close();
        } catch (IOException e) {
            // Firecracker is gone; there is nothing else to free.
            return;
        }
    }
}
