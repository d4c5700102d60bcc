package banger.api.http;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Optional;

/**
 * The first line and the headers of a message, at most 16 KiB and 64 headers.
 *
 * @param first method, or {@code HTTP/1.1}
 * @param second target, or status
 * @param third {@code HTTP/1.1}, or reason phrase (may be empty)
 */
public record Head(String first, String second, String third, Headers headers) {
    private static final int MAX_BYTES = 16 * 1024;
    private static final int MAX_HEADERS = 64;
    private static final String VERSION = "HTTP/1.1";

    public static Head request(String method, String target, Headers headers) {
        if (target.isEmpty() || target.chars().anyMatch(c -> c <= ' ' || c >= 127))
            throw new IllegalArgumentException("not a request target");
        return new Head(method, target, VERSION, headers);
    }

    public static Head response(int status, String reason, Headers headers) {
        return new Head(VERSION, Integer.toString(status), reason, headers);
    }

    /** The next head on a connection; empty when the other side closed it between messages. */
    public static Optional<Head> read(InputStream in) throws IOException {
        var budget = new int[] {MAX_BYTES};
        var start = line(in, budget, true);
        if (start.isEmpty()) return Optional.empty();
        var parts = start.get().split(" ", 3);
        if (parts.length < 2) throw new HttpProtocolException("not an HTTP start line");
        var fields = new ArrayList<Headers.Field>();
        for (String line; !(line = line(in, budget, false).orElseThrow()).isEmpty(); ) {
            if (fields.size() == MAX_HEADERS) throw new HttpProtocolException("too many headers");
            int colon = line.indexOf(':');
            if (colon <= 0) throw new HttpProtocolException("a header without a name");
            try {
                fields.add(new Headers.Field(
                        line.substring(0, colon), line.substring(colon + 1).strip()));
            } catch (IllegalArgumentException e) {
                throw new HttpProtocolException("a header with control characters");
            }
        }
        var head = new Head(parts[0], parts[1], parts.length == 3 ? parts[2] : "", new Headers(fields));
        if (!head.first.equals(VERSION) && !head.third.equals(VERSION)) throw new HttpProtocolException("not HTTP/1.1");
        return Optional.of(head);
    }

    private static Optional<String> line(InputStream in, int[] budget, boolean mayEnd) throws IOException {
        var bytes = new ByteArrayOutputStream(128);
        while (true) {
            int b = in.read();
            if (b < 0) {
                if (mayEnd && bytes.size() == 0) return Optional.empty();
                throw new EOFException("the connection ended inside a message");
            }
            if (--budget[0] < 0) throw new HttpProtocolException("head over " + MAX_BYTES + " bytes");
            if (b == '\n') break;
            bytes.write(b);
        }
        var line = bytes.toString(StandardCharsets.ISO_8859_1);
        return Optional.of(line.endsWith("\r") ? line.substring(0, line.length() - 1) : line);
    }

    public void write(OutputStream out) throws IOException {
        var text = new StringBuilder();
        text.append(first).append(' ').append(second).append(' ').append(third).append("\r\n");
        for (var field : headers.fields())
            text.append(field.name()).append(": ").append(field.value()).append("\r\n");
        text.append("\r\n");
        out.write(text.toString().getBytes(StandardCharsets.ISO_8859_1));
        out.flush();
    }

    /** The status of a response. */
    public int status() throws HttpProtocolException {
        if (!second.matches("[1-5][0-9]{2}")) throw new HttpProtocolException("not an HTTP status");
        return Integer.parseInt(second);
    }

    /** The body that follows this head on {@code in}; reading it to its end leaves the next message. */
    public InputStream body(InputStream in) throws HttpProtocolException {
        boolean response = first.equals(VERSION);
        if (headers.has("Transfer-Encoding", "chunked")) {
            // Both framings at once is how requests are smuggled: refused.
            if (headers.count("Content-Length") > 0) throw new HttpProtocolException("two kinds of body length");
            return new ChunkedInput(in);
        }
        var length = headers.first("Content-Length");
        if (length.isPresent()) {
            if (headers.count("Content-Length") > 1 || !length.get().matches("[0-9]{1,15}"))
                throw new HttpProtocolException("not a body length");
            return new FixedInput(in, Long.parseLong(length.get()));
        }
        return response && !second.startsWith("1") && !second.equals("204") ? in : InputStream.nullInputStream();
    }
}
