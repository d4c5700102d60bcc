package banger.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServerTest {
    private static final Duration LONG = Duration.ofMinutes(5);

    @TempDir
    Path temporary;

    private Path directory(String mode) throws IOException {
        var directory = Files.createDirectory(temporary.resolve("net"));
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString(mode));
        return directory;
    }

    private static CompletableFuture<Void> serve(Server server) {
        var ended = new CompletableFuture<Void>();
        Thread.ofVirtual().start(() -> {
            try {
                server.serve();
                ended.complete(null);
            } catch (IOException e) {
                ended.completeExceptionally(e);
            }
        });
        return ended;
    }

    private static Network network() {
        return new Network(new RecordingKernel(), "b1", 0);
    }

    /** What comes back until the other side closes, or until so many lines came. */
    private static String converse(Path socket, byte[] said, int lines) throws IOException {
        try (var channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            for (var bytes = ByteBuffer.wrap(said); bytes.hasRemaining(); ) channel.write(bytes);
            var answer = new StringBuilder();
            var buffer = ByteBuffer.allocate(4096);
            while (answer.chars().filter(c -> c == '\n').count() < lines && channel.read(buffer) >= 0) {
                answer.append(StandardCharsets.US_ASCII.decode(buffer.flip()));
                buffer.clear();
            }
            return answer.toString();
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    @Test
    void answersSeveralLinesOfOneConnection() throws Exception {
        var socket = directory("rwx------").resolve("net.sock");
        try (var server = Server.listen(socket, network(), LONG)) {
            serve(server);
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
                    .isEqualTo("rw-------");
            assertThat(converse(socket, ascii("hello 1\nlist\nfly\nuplink\n"), 4))
                    .isEqualTo("ok 1 b1\nok\nerror bad-request unknown request: fly\nok -\n");
            assertThat(converse(socket, ascii("li\0st\n\u00e9\nhello 1\n"), 3))
                    .isEqualTo("error bad-request a byte that is not printable ASCII\n".repeat(2) + "ok 1 b1\n");
        }
        assertThat(socket).doesNotExist();
    }

    @Test
    void aLineThatDoesNotEndIsNotCollected() throws Exception {
        var socket = directory("rwx------").resolve("net.sock");
        try (var server = Server.listen(socket, network(), LONG)) {
            serve(server);
            assertThat(converse(socket, ascii("x".repeat(Server.LONGEST_LINE)), 2))
                    .startsWith("error bad-request a line of more than");
            assertThat(converse(socket, ascii("hello 1\n"), 1)).isEqualTo("ok 1 b1\n");
        }
    }

    @Test
    void aStaleSocketIsReplaced() throws Exception {
        var socket = Files.writeString(directory("rwx------").resolve("net.sock"), "");
        try (var server = Server.listen(socket, network(), LONG)) {
            serve(server);
            assertThat(converse(socket, ascii("hello 1\n"), 1)).isEqualTo("ok 1 b1\n");
        }
    }

    @Test
    void aDirectoryThatOthersCanReadIsRefused() throws Exception {
        var socket = directory("rwxr-x---").resolve("net.sock");
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> Server.listen(socket, network(), LONG))
                .withMessageContaining("others can look into it");
    }

    @Test
    void endsWhenNobodyAsksAnything() throws Exception {
        var socket = directory("rwx------").resolve("net.sock");
        try (var server = Server.listen(socket, network(), Duration.ofMillis(50))) {
            serve(server).get(30, TimeUnit.SECONDS);
        }
        assertThat(socket).doesNotExist();
    }
}
