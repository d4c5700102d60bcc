package banger.api.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HttpCodecTest {
    private static final List<String> MESSAGES = List.of(
            "GET / HTTP/1.1\r\nHost: banger\r\n\r\n",
            "POST /v1/vms?x=1 HTTP/1.1\r\nContent-Length: 5\r\nX: a, b\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;q\r\nde\r\n0\r\nT: 1\r\n\r\n",
            "HTTP/1.1 404 \r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\n\nuntil the end");

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static String whole(InputStream in) throws IOException {
        var head = Head.read(in).orElseThrow();
        return head + "|" + new String(head.body(in).readAllBytes(), StandardCharsets.ISO_8859_1);
    }

    /** Hands out bytes as a socket may: never across the split. */
    private static InputStream split(byte[] bytes, int at) {
        return new SequenceInputStream(
                new ByteArrayInputStream(bytes, 0, at), new ByteArrayInputStream(bytes, at, bytes.length - at));
    }

    @Test
    void whereTheBytesAreSplitMakesNoDifference() throws IOException {
        for (var message : MESSAGES) {
            var bytes = bytes(message);
            var expected = whole(new ByteArrayInputStream(bytes));
            for (int at = 0; at <= bytes.length; at++)
                assertThat(whole(split(bytes, at))).isEqualTo(expected);
        }
    }

    @Test
    void aMessageCutAnywhereIsAnError() {
        for (var message : MESSAGES.subList(0, 4)) {
            var bytes = bytes(message);
            for (int end = 1; end < bytes.length; end++) {
                var cut = Arrays.copyOf(bytes, end);
                assertThatThrownBy(() -> whole(new ByteArrayInputStream(cut)))
                        .describedAs(new String(cut, StandardCharsets.ISO_8859_1))
                        .isInstanceOf(IOException.class);
            }
        }
    }

    @Test
    void severalMessagesOnOneConnectionAreReadOneAfterAnother() throws IOException {
        var in = new ByteArrayInputStream(bytes(String.join("", MESSAGES.subList(0, 4))));
        for (var message : MESSAGES.subList(0, 4))
            assertThat(whole(in)).isEqualTo(whole(new ByteArrayInputStream(bytes(message))));
        assertThat(Head.read(in)).isEmpty();
    }

    @Provide
    Arbitrary<byte[]> nearlyHttp() {
        var pieces = Arbitraries.of(
                "GET ",
                "POST ",
                "/ ",
                "HTTP/1.1",
                " 200",
                " OK",
                "\r\n",
                "\n",
                "\r\n\r\n",
                "Content-Length: ",
                "3",
                "-1",
                "99999999999999999999",
                "Transfer-Encoding: chunked",
                "Connection: close",
                "a",
                "ff",
                "0",
                ";",
                ":",
                "\0",
                "\u00ff",
                "abc",
                "0\r\n\r\n",
                "ffffffff\r\n",
                ",");
        return pieces.list().ofMaxSize(30).map(p -> bytes(String.join("", p)));
    }

    @Property(seed = "1", tries = 3000)
    void nearlyHttpEndsInAValueOrAnIOException(@ForAll("nearlyHttp") byte[] bytes) {
        ends(bytes);
    }

    @Property(seed = "1", tries = 1000)
    void anyBytesEndInAValueOrAnIOException(@ForAll @Size(max = 300) byte[] bytes) {
        ends(bytes);
    }

    private static void ends(byte[] bytes) {
        var in = new ByteArrayInputStream(bytes);
        try {
            var head = Head.read(in);
            if (head.isEmpty()) return;
            if (head.get().first().equals("HTTP/1.1")) head.get().status();
            head.get().headers().has("Connection", "close");
            head.get().body(in).readAllBytes();
        } catch (IOException e) {
            assertThat(e.getMessage()).isNotBlank();
        }
    }

    @Property(seed = "1")
    void chunksOfAnySizeAreReadBack(@ForAll @Size(max = 20) List<@Size(max = 300) byte[]> chunks) throws IOException {
        var out = new ByteArrayOutputStream();
        Head.response(200, "OK", Headers.of("Transfer-Encoding", "chunked")).write(out);
        var content = new ByteArrayOutputStream();
        var chunked = new ChunkedOutput(out);
        for (var chunk : chunks) {
            chunked.write(chunk);
            content.write(chunk);
        }
        chunked.close();
        chunked.close();
        var in = new ByteArrayInputStream(out.toByteArray());
        var body = Head.read(in).orElseThrow().body(in);
        assertThat(body.readAllBytes()).isEqualTo(content.toByteArray());
        assertThat(body.read()).isEqualTo(-1);
        assertThat(in.available()).isZero();
    }

    @Test
    void aByteAtATimeIsTheSameBody() throws IOException {
        var in = new ByteArrayInputStream(bytes(MESSAGES.get(2)));
        var body = Head.read(in).orElseThrow().body(in);
        var text = new StringBuilder();
        for (int b; (b = body.read()) >= 0; ) text.append((char) b);
        assertThat(text).hasToString("abcde");
        assertThat(body.read(new byte[0], 0, 0)).isZero();
    }

    @Test
    void whatHasNoBodyHasNone() throws IOException {
        for (var start : List.of("HTTP/1.1 101 Switching Protocols", "HTTP/1.1 204 No Content", "GET / HTTP/1.1")) {
            var in = new ByteArrayInputStream(bytes(start + "\r\n\r\nframes"));
            assertThat(Head.read(in).orElseThrow().body(in).readAllBytes()).isEmpty();
            assertThat(in.readAllBytes()).hasSize(6);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"0 x", "99 x", "600 x", "2000 x", "abc x", "-20 x"})
    void aStatusOutsideItsRangeIsRefused(String status) throws IOException {
        var head = Head.read(new ByteArrayInputStream(bytes("HTTP/1.1 " + status + "\r\n\r\n")))
                .orElseThrow();
        assertThatThrownBy(head::status).isInstanceOf(HttpProtocolException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/a b", "/a\r\nX: y", "/\u00e4", "/\0"})
    void aTargetThatWouldBreakTheLineIsRefused(String target) {
        assertThatThrownBy(() -> Head.request("GET", target, Headers.NONE))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void headerFieldsThatWouldBreakTheirLineAreRefused() {
        for (var name : List.of("", "a b", "a:b", "a\n", "\u00e4"))
            assertThatThrownBy(() -> Headers.of(name, "v")).isInstanceOf(IllegalArgumentException.class);
        for (var value : List.of("a\r\nb: c", "\0", "\u007f"))
            assertThatThrownBy(() -> Headers.of("n", value)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void namesAndTokensCompareWithoutCase() {
        var headers = Headers.of("Connection", "keep-alive, Upgrade", "X", "1").with("x", "2");
        assertThat(headers.has("connection", "upgrade")).isTrue();
        assertThat(headers.has("connection", "close")).isFalse();
        assertThat(headers.first("x")).contains("1");
        assertThat(headers.count("X")).isEqualTo(2);
        assertThat(headers.first("y")).isEmpty();
    }
}
