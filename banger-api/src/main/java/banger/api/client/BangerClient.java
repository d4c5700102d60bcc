package banger.api.client;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.http.Duplex;
import banger.api.http.Head;
import banger.api.http.Headers;
import banger.api.model.ErrorInfo;
import banger.api.model.Event;
import io.avaje.json.JsonException;
import io.avaje.jsonb.Jsonb;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Talks to one daemon over its Unix socket; a connection a call. Thread-safe.
 *
 * <p>Every method throws {@link BangerException}: the daemon's own errors as they are, {@code
 * daemon.unreachable} when there is nobody at the socket.
 */
public final class BangerClient {
    /** Told to the daemon with every request, so that one of another build refuses. */
    public static final String BUILD_HEADER = "Banger-Build";

    private final Path socket;
    private final String build;
    private final Recovery recovery;

    /** What to do about a daemon that does not run or is of another build. */
    @FunctionalInterface
    public interface Recovery {
        /** Nothing: the failure is told. */
        Recovery NONE = failure -> false;

        /** Returns true when the call should be tried again, once; may throw to tell more. */
        boolean recover(BangerException failure);
    }

    /** Talks to whatever daemon answers. */
    public BangerClient(Path socket) {
        this(socket, "", Recovery.NONE);
    }

    /** @param build the daemon must be of this build; empty: of any */
    public BangerClient(Path socket, String build, Recovery recovery) {
        this.socket = socket;
        this.build = build;
        this.recovery = recovery;
    }

    private <T> T recovering(Supplier<T> call) {
        try {
            return call.get();
        } catch (BangerException e) {
            boolean mendable = e.code() == ErrorCode.DAEMON_UNREACHABLE || e.code() == ErrorCode.DAEMON_OTHER_BUILD;
            if (!mendable || !(e.getCause() instanceof NotBegun || e.code() == ErrorCode.DAEMON_OTHER_BUILD)) throw e;
            if (!recovery.recover(e)) throw e;
            return call.get();
        }
    }

    /** Nobody was at the socket: nothing of the call has happened. */
    private static final class NotBegun extends IOException {
        private static final long serialVersionUID = 1;

        NotBegun(IOException cause) {
            super(cause.getMessage(), cause);
        }
    }

    public <T> T get(String path, Class<T> type) {
        return parse(type, call("GET", path, ""));
    }

    public <T> List<T> list(String path, Class<T> type) {
        try {
            return Jsonb.instance().type(type).list().fromJson(call("GET", path, ""));
        } catch (JsonException e) {
            throw malformed(e);
        }
    }

    /** The body of an answer as it is. */
    public String text(String path) {
        return call("GET", path, "");
    }

    /** A call whose answer comes at once. */
    public <B, T> T send(String method, String path, Class<B> bodyType, B body, Class<T> type) {
        return parse(type, call(method, path, Jsonb.instance().type(bodyType).toJson(body)));
    }

    public <T> T post(String path, Class<T> type) {
        return parse(type, call("POST", path, ""));
    }

    /** An operation: its events as they come, then its result. Interrupting the thread cancels it. */
    public <B, T> T operation(
            String method, String path, Class<B> bodyType, B body, Class<T> type, Consumer<Event> events) {
        return operation(method, path, bodyType, body, type, events, new Cancel());
    }

    /** The same, with a way to cancel it from another thread. */
    public <B, T> T operation(
            String method,
            String path,
            Class<B> bodyType,
            B body,
            Class<T> type,
            Consumer<Event> events,
            Cancel cancel) {
        return operation(method, path, Jsonb.instance().type(bodyType).toJson(body), type, events, cancel);
    }

    /** An operation without a request body. */
    public <T> T operation(String method, String path, Class<T> type, Consumer<Event> events) {
        return operation(method, path, "", type, events, new Cancel());
    }

    private <T> T operation(
            String method, String path, String body, Class<T> type, Consumer<Event> events, Cancel cancel) {
        return recovering(() -> operationOnce(method, path, body, type, events, cancel));
    }

    private <T> T operationOnce(
            String method, String path, String body, Class<T> type, Consumer<Event> events, Cancel cancel) {
        var json = Jsonb.instance().type(Event.class);
        try (var connection = connect()) {
            cancel.over(connection);
            var head = request(connection, method, path, body, Headers.NONE);
            var in = head.body(connection.in());
            if (head.status() != 200) throw told(in);
            var lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
            for (String line; (line = lines.readLine()) != null; ) {
                var event = json.fromJson(line);
                if (event.error() != null) throw exception(event.error());
                if (event.result() != null) return parse(type, event.result());
                events.accept(event);
            }
            throw lost(new IOException("the answer ended without a result"));
        } catch (JsonException e) {
            throw malformed(e);
        } catch (IOException e) {
            throw lost(e);
        }
    }

    /** A connection that carries exec frames both ways from here on; the caller closes it. */
    public Duplex upgrade(String path, String body) {
        return recovering(() -> upgradeOnce(path, body));
    }

    private Duplex upgradeOnce(String path, String body) {
        var connection = connect();
        try {
            var head = request(
                    connection, "POST", path, body, Headers.of("Connection", "Upgrade", "Upgrade", "banger-frames"));
            if (head.status() == 101) return connection;
            try (connection) {
                throw told(head.body(connection.in()));
            }
        } catch (IOException e) {
            throw lost(e);
        }
    }

    /** The body of an answer while it comes; the caller closes it. */
    public InputStream follow(String path) {
        return recovering(() -> followOnce(path));
    }

    private InputStream followOnce(String path) {
        var connection = connect();
        try {
            var head = request(connection, "GET", path, "", Headers.NONE);
            if (head.status() != 200) {
                try (connection) {
                    throw told(head.body(connection.in()));
                }
            }
            return new OwningInput(head.body(connection.in()), connection);
        } catch (IOException e) {
            throw lost(e);
        }
    }

    private String call(String method, String path, String body) {
        return recovering(() -> callOnce(method, path, body));
    }

    private String callOnce(String method, String path, String body) {
        try (var connection = connect()) {
            var head = request(connection, method, path, body, Headers.of("Connection", "close"));
            var in = head.body(connection.in());
            if (head.status() != 200) throw told(in);
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw lost(e);
        }
    }

    private Duplex connect() {
        try {
            return Duplex.connect(socket);
        } catch (IOException e) {
            // Not the daemon's doing, and no reason to start another.
            if (Thread.currentThread().isInterrupted()) throw lost(e);
            throw new BangerException(
                            ErrorCode.DAEMON_UNREACHABLE,
                            "bangerd: nobody answers at " + socket + " (" + e.getMessage() + ")",
                            "banger daemon status")
                    .because(new NotBegun(e));
        }
    }

    private Head request(Duplex connection, String method, String path, String body, Headers more) throws IOException {
        var bytes = body.getBytes(StandardCharsets.UTF_8);
        var known = build.isEmpty() ? more : more.with(BUILD_HEADER, build);
        var headers = known.with("Host", "banger").with("Content-Length", Integer.toString(bytes.length));
        Head.request(method, path, headers).write(connection.out());
        try {
            connection.out().write(bytes);
            connection.out().flush();
        } catch (IOException e) {
            // Refused before all of it was read: the answer that is there already tells why.
            return Head.read(connection.in()).orElseThrow(() -> e);
        }
        return Head.read(connection.in()).orElseThrow(() -> new IOException("no answer"));
    }

    private static BangerException told(InputStream body) throws IOException {
        var text = new String(body.readAllBytes(), StandardCharsets.UTF_8);
        try {
            return exception(Jsonb.instance().type(ErrorInfo.class).fromJson(text));
        } catch (JsonException e) {
            return malformed(e);
        }
    }

    private static BangerException exception(ErrorInfo error) {
        // JSON may leave out what our own records never do.
        if (error.code() == null || error.fact() == null || error.remedies() == null)
            throw new JsonException("an error without its fields");
        return new BangerException(
                ErrorCode.of(error.code()).orElse(ErrorCode.INTERNAL), error.fact(), error.remedies());
    }

    private static <T> T parse(Class<T> type, String json) {
        try {
            return Jsonb.instance().type(type).fromJson(json);
        } catch (JsonException e) {
            throw malformed(e);
        }
    }

    private static BangerException malformed(JsonException e) {
        return new BangerException(
                        ErrorCode.DAEMON_UNREACHABLE,
                        "bangerd: its answer cannot be understood; it may be of another build",
                        "banger daemon stop, then again")
                .because(e);
    }

    private BangerException lost(IOException e) {
        if (Thread.currentThread().isInterrupted())
            return new BangerException(ErrorCode.CANCELLED, "cancelled").because(e);
        return new BangerException(
                        ErrorCode.DAEMON_UNREACHABLE,
                        "bangerd: the connection broke (" + e.getMessage() + ")",
                        "banger daemon logs")
                .because(e);
    }
}
