package banger.cli;

import static org.assertj.core.api.Assertions.assertThat;

import banger.api.client.BangerClient;
import banger.api.http.Duplex;
import banger.api.http.Head;
import banger.api.http.Headers;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuietCommandTest {
    @TempDir
    Path directory;

    /** Seen under load as "the connection broke while mise ran": there was no mise, and so nobody to read its input. */
    @Test
    void aCommandThatEndedBeforeItsInputDidIsNotABrokenConnection() throws Exception {
        var socket = directory.resolve("s");
        try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket));
            var served = CompletableFuture.runAsync(() -> answerDeaf(server));
            var ended = QuietCommand.run(new BangerClient(socket), "box", List.of("mise"), Optional.empty(), List.of());
            assertThat(ended.status()).isEqualTo(127);
            assertThat(new String(ended.output(), StandardCharsets.UTF_8)).isEqualTo("no mise");
            served.get();
        }
    }

    /** Reads the request and not a byte more: what the client writes then fails. */
    private static void answerDeaf(ServerSocketChannel server) {
        try (var client = server.accept();
                var duplex = Duplex.of(client)) {
            var head = Head.read(duplex.in()).orElseThrow();
            head.body(duplex.in()).readAllBytes();
            client.shutdownInput();
            var answer = new ByteArrayOutputStream();
            Head.response(101, "Switching Protocols", Headers.NONE).write(answer);
            answer.write(new byte[] {6, 0, 0, 7});
            answer.write("no mise".getBytes(StandardCharsets.US_ASCII));
            answer.write(new byte[] {5, 0, 0, 1, 127});
            client.write(ByteBuffer.wrap(answer.toByteArray()));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
