package banger.daemon.http;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.http.ChunkedOutput;
import banger.api.http.Duplex;
import banger.api.http.Head;
import banger.api.http.Headers;
import io.avaje.json.JsonException;
import io.avaje.jsonb.Jsonb;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One request and the way to answer it. Used by one thread. */
public final class Exchange {
    private static final int MAX_BODY = 4 << 20;

    private final Duplex connection;
    private final Head request;
    private final String path;
    private final Map<String, String> query;
    private List<String> parameters = List.of();
    private Optional<InputStream> body = Optional.empty();
    private boolean keepAlive = true;

    Exchange(Duplex connection, Head request) {
        this.connection = connection;
        this.request = request;
        var target = request.second().split("\\?", 2);
        this.path = target[0];
        this.query = target.length == 2 ? parse(target[1]) : Map.of();
    }

    private static Map<String, String> parse(String query) {
        var values = new HashMap<String, String>();
        for (var pair : query.split("&")) {
            var parts = pair.split("=", 2);
            values.put(decode(parts[0]), parts.length == 2 ? decode(parts[1]) : "");
        }
        return values;
    }

    /** One segment of a path; a plus sign is one there. */
    static String decodeSegment(String text) {
        return decode(text.replace("+", "%2B"));
    }

    static String decode(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw new BangerException(ErrorCode.USAGE, "request: not percent-encoded text").because(e);
        }
    }

    String method() {
        return request.first();
    }

    String path() {
        return path;
    }

    void parameters(List<String> values) {
        parameters = values;
    }

    /** The n-th variable part of the path. */
    public String parameter(int n) {
        return parameters.get(n);
    }

    public Optional<String> query(String name) {
        return Optional.ofNullable(query.get(name));
    }

    private InputStream body() throws IOException {
        if (body.isEmpty()) body = Optional.of(request.body(connection.in()));
        return body.get();
    }

    /** The request's JSON body. */
    public <T> T body(Class<T> type) {
        try {
            var bytes = body().readNBytes(MAX_BODY + 1);
            if (bytes.length > MAX_BODY) throw new BangerException(ErrorCode.USAGE, "request: body over 4 MiB");
            return Jsonb.instance()
                    .type(type)
                    .fromJson(bytes.length == 0 ? "{}" : new String(bytes, StandardCharsets.UTF_8));
        } catch (JsonException e) {
            throw new BangerException(ErrorCode.USAGE, "request: not the JSON that is expected here").because(e);
        } catch (IOException e) {
            throw new BangerException(ErrorCode.CANCELLED, "request: cut short").because(e);
        }
    }

    public <T> void json(Class<T> type, T value) throws IOException {
        send(200, "application/json", Jsonb.instance().type(type).toJson(value) + "\n");
    }

    public <T> void jsonList(Class<T> type, List<T> values) throws IOException {
        send(200, "application/json", Jsonb.instance().type(type).list().toJson(values) + "\n");
    }

    public void text(String type, String body) throws IOException {
        send(200, type, body);
    }

    void send(int status, String type, String body) throws IOException {
        var bytes = body.getBytes(StandardCharsets.UTF_8);
        Head.response(
                        status,
                        status < 300 ? "OK" : "Error",
                        Headers.of("Content-Type", type, "Content-Length", Integer.toString(bytes.length)))
                .write(connection.out());
        connection.out().write(bytes);
        connection.out().flush();
    }

    /** Begins an answer of unknown length; closing the stream ends it. */
    public OutputStream startChunked(String type) throws IOException {
        keepAlive = false;
        Head.response(
                        200,
                        "OK",
                        Headers.of("Content-Type", type, "Transfer-Encoding", "chunked", "Connection", "close"))
                .write(connection.out());
        return new ChunkedOutput(connection.out());
    }

    /** The raw connection; nothing else is answered on it afterwards. */
    public Duplex hijack() {
        keepAlive = false;
        return connection;
    }

    /** Reads what is left of the request's body so that the next request can follow; false: close instead. */
    boolean finish() throws IOException {
        if (!keepAlive || request.headers().has("Connection", "close")) return false;
        body().skip(MAX_BODY);
        return body().read() < 0;
    }
}
