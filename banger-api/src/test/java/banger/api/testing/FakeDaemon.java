package banger.api.testing;

import banger.api.http.Duplex;
import banger.api.http.Head;
import banger.api.http.Headers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * An HTTP server on a Unix socket that answers each {@code METHOD target} as it was told to, and remembers
 * what it was asked. What it was told nothing about is a 404 of the daemon's kind.
 */
public final class FakeDaemon implements AutoCloseable {
    /** One request. */
    public record Request(String method, String target, Headers headers, String body) {
        @Override
        public String toString() {
            return method + " " + target + (body.isEmpty() ? "" : " " + body);
        }
    }

    /** Answers on the raw connection, which is closed afterwards. */
    @FunctionalInterface
    public interface Handler {
        void answer(Request request, Duplex connection) throws IOException;
    }

    private final ServerSocketChannel server;
    private final Thread accepting;
    private final Map<String, Handler> handlers = new ConcurrentHashMap<>();
    private final List<Request> requests = Collections.synchronizedList(new ArrayList<>());
    private final List<SocketChannel> connections = Collections.synchronizedList(new ArrayList<>());

    public FakeDaemon(Path socket) {
        try {
            server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            server.bind(UnixDomainSocketAddress.of(socket));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        accepting = Thread.ofVirtual().name("fake-daemon").start(this::serve);
    }

    /** @param request {@code GET /v1/vms} */
    public FakeDaemon handle(String request, Handler handler) {
        handlers.put(request, handler);
        return this;
    }

    /** A whole answer. */
    public FakeDaemon answer(String request, int status, String body) {
        return handle(request, (r, connection) -> reply(connection, status, body));
    }

    public FakeDaemon json(String request, String body) {
        return answer(request, 200, body);
    }

    /** A streaming answer: a chunk a line. */
    public FakeDaemon events(String request, String... lines) {
        return handle(request, (r, connection) -> {
            startEvents(connection);
            for (var line : lines) chunk(connection, line + "\n");
            connection.out().write(bytes("0\r\n\r\n"));
        });
    }

    public List<String> requests() {
        return requests.stream().map(Request::toString).toList();
    }

    public List<Request> seen() {
        return List.copyOf(requests);
    }

    public static void reply(Duplex connection, int status, String body) throws IOException {
        var content = bytes(body);
        Head.response(status, "Status", Headers.of("Content-Length", Integer.toString(content.length)))
                .write(connection.out());
        connection.out().write(content);
    }

    public static void startEvents(Duplex connection) throws IOException {
        Head.response(200, "OK", Headers.of("Transfer-Encoding", "chunked")).write(connection.out());
    }

    public static void chunk(Duplex connection, String text) throws IOException {
        // One write: a client that goes away when it has read the text leaves no write to fail.
        connection.out().write(bytes(Integer.toHexString(bytes(text).length) + "\r\n" + text + "\r\n"));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private void serve() {
        while (server.isOpen()) {
            try {
                var client = server.accept();
                connections.add(client);
                Thread.ofVirtual().start(() -> connection(client));
            } catch (IOException e) {
                return; // closed
            }
        }
    }

    private void connection(SocketChannel client) {
        try (client;
                var duplex = Duplex.of(client)) {
            var head = Head.read(duplex.in());
            if (head.isEmpty()) return;
            var h = head.get();
            var body = new String(h.body(duplex.in()).readAllBytes(), StandardCharsets.UTF_8);
            var request = new Request(h.first(), h.second(), h.headers(), body);
            requests.add(request);
            handlers.getOrDefault(h.first() + " " + h.second(), FakeDaemon::unknown)
                    .answer(request, duplex);
        } catch (IOException e) {
            return; // the client went away, which some tests want
        }
    }

    private static void unknown(Request request, Duplex connection) throws IOException {
        reply(
                connection,
                404,
                "{\"code\":\"api.no-such-path\",\"fact\":\"the fake daemon was told nothing about " + request.method()
                        + " " + request.target() + "\",\"remedies\":[],\"operation\":\"0\"}");
    }

    @Override
    public void close() {
        try {
            server.close();
            // Until its accept returns the kernel takes connections all the same.
            accepting.join();
            for (var connection : List.copyOf(connections)) connection.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
