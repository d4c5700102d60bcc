package banger.api.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HeadTest {
    private static InputStream bytes(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static String body(String message) throws IOException {
        var in = bytes(message);
        var head = Head.read(in).orElseThrow();
        return new String(head.body(in).readAllBytes(), StandardCharsets.ISO_8859_1);
    }

    @Test
    void whatIsWrittenIsReadBack() throws IOException {
        var out = new ByteArrayOutputStream();
        Head.request("POST", "/v1/vms?x=1", Headers.of("Content-Length", "2")).write(out);
        out.write("hi".getBytes(StandardCharsets.ISO_8859_1));
        var in = new ByteArrayInputStream(out.toByteArray());
        var head = Head.read(in).orElseThrow();
        assertThat(head.first()).isEqualTo("POST");
        assertThat(head.second()).isEqualTo("/v1/vms?x=1");
        assertThat(head.headers().first("content-length")).contains("2");
        assertThat(head.body(in).readAllBytes()).asString().isEqualTo("hi");
        assertThat(Head.read(in)).isEmpty();
    }

    @Test
    void aChunkedBodyEndsWhereItSays() throws IOException {
        assertThat(
                        body(
                                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1;x=y\r\nd\r\n0\r\nT: 1\r\n\r\nrest"))
                .isEqualTo("abcd");
    }

    @Test
    void chunksWrittenAreReadBack() throws IOException {
        var out = new ByteArrayOutputStream();
        out.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
        try (var chunks = new ChunkedOutput(out)) {
            chunks.write("one".getBytes(StandardCharsets.ISO_8859_1));
            chunks.write(new byte[0]);
            chunks.write('2');
        }
        assertThat(body(out.toString(StandardCharsets.ISO_8859_1))).isEqualTo("one2");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GARBAGE\r\n\r\n",
                "GET / HTTP/1.0\r\n\r\n",
                "GET / HTTP/1.1\r\nno colon\r\n\r\n",
                "GET / HTTP/1.1\r\n: empty\r\n\r\n",
                "GET / HTTP/1.1\r\nA: b\u0001c\r\n\r\n"
            })
    void whatIsNotAHeadIsRefused(String message) {
        assertThatThrownBy(() -> Head.read(bytes(message))).isInstanceOf(HttpProtocolException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
                "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
                "POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
                "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n"
            })
    void aBodyThatLiesIsRefused(String message) {
        assertThatThrownBy(() -> body(message)).isInstanceOf(HttpProtocolException.class);
    }

    @Test
    void aCutMessageIsNotTakenForAWholeOne() {
        assertThatThrownBy(() -> Head.read(bytes("GET / HTT"))).isInstanceOf(EOFException.class);
        assertThatThrownBy(() -> body("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"))
                .isInstanceOf(EOFException.class);
    }

    @Test
    void headsAreBounded() {
        assertThatThrownBy(() -> Head.read(bytes("GET / HTTP/1.1\r\nA: " + "x".repeat(20_000))))
                .isInstanceOf(HttpProtocolException.class);
        assertThatThrownBy(() -> Head.read(bytes("GET / HTTP/1.1\r\n" + "A: b\r\n".repeat(65) + "\r\n")))
                .isInstanceOf(HttpProtocolException.class);
    }
}
