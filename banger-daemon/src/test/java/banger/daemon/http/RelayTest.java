package banger.daemon.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import banger.api.http.Duplex;
import banger.api.http.Head;
import banger.api.http.Headers;
import banger.daemon.guest.Wire;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Exec frames between a client and a guest, both in memory. */
@Timeout(30)
class RelayTest {
    private final Wire client = new Wire(1 << 16);
    private final Wire guest = new Wire(1 << 16);
    private final CompletableFuture<Consumer<String>> tell = new CompletableFuture<>();
    private final CompletableFuture<Boolean> ended = new CompletableFuture<>();
    private FutureTask<Boolean> relay;

    @BeforeEach
    void join() throws IOException {
        var exchange = new Exchange(client.guest(), Head.request("POST", "/v1/vms/box/exec", Headers.NONE));
        relay = new FutureTask<>(() -> {
            Relay.command(exchange, guest.host(), false, told -> {
                tell.complete(told);
                return () -> ended.complete(true);
            });
            return exchange.finish();
        });
        Thread.ofVirtual().start(relay);
        var head = Head.read(client.host().in()).orElseThrow();
        assertThat(head.status()).isEqualTo(101);
    }

    private static byte[] frame(int type, byte... payload) {
        var frame = Arrays.copyOf(
                new byte[] {
                    (byte) type, (byte) (payload.length >> 16), (byte) (payload.length >> 8), (byte) payload.length
                },
                4 + payload.length);
        System.arraycopy(payload, 0, frame, 4, payload.length);
        return frame;
    }

    @Test
    void framesPassUntouchedBothWaysAndTheExitEndsIt() throws Exception {
        var in = new byte[60_000];
        var out = new byte[65_536];
        new Random(1).nextBytes(in);
        new Random(2).nextBytes(out);
        var host = client.host();
        host.out().write(frame(0, in));
        host.out().write(frame(3, (byte) 0, (byte) 80, (byte) 0, (byte) 24));
        host.out().write(frame(4, (byte) 15));
        var agent = new DataInputStream(guest.guest().in());
        var sent = new byte[4 + in.length + 8 + 5];
        agent.readFully(sent);
        assertThat(Arrays.copyOf(sent, 4 + in.length)).isEqualTo(frame(0, in));
        assertThat(sent).endsWith(4, 0, 0, 1, 15);
        var writing = Thread.ofVirtual().start(() -> {
            try {
                guest.guest().out().write(frame(1, out));
                guest.guest().out().write(frame(5, (byte) 7));
                guest.guest().close();
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
        var got = host.in().readAllBytes();
        writing.join();
        assertThat(got).hasSize(4 + out.length + 5).startsWith(frame(1, out)).endsWith(frame(5, (byte) 7));
        assertThat(relay.get(10, TimeUnit.SECONDS)).isFalse();
    }

    @Test
    void aLineOfOursStandsBetweenTwoFrames() throws Exception {
        try (var host = client.host()) {
            var got = new DataInputStream(host.in());
            var long1 = frame(1, "a long line".getBytes(UTF_8));
            var said = frame(2, "wait\n".getBytes(UTF_8));
            // Nothing of a frame that is cut is passed on before its rest has come.
            guest.guest().out().write(frame(1, (byte) 'x'));
            guest.guest().out().write(long1, 0, 2);
            assertThat(got.readNBytes(5)).isEqualTo(frame(1, (byte) 'x'));
            tell.join().accept("wait");
            assertThat(got.readNBytes(said.length)).isEqualTo(said);
            guest.guest().out().write(long1, 2, long1.length - 4);
            tell.join().accept("wait");
            assertThat(got.readNBytes(said.length)).isEqualTo(said);
            guest.guest().out().write(long1, long1.length - 2, 2);
            assertThat(got.readNBytes(long1.length)).isEqualTo(long1);
            // One that breaks the rules, and one that is never whole: the client's to judge.
            guest.guest().out().write(new byte[] {1, 2});
            guest.guest().close();
            assertThat(got.readAllBytes()).containsExactly(1, 2);
        }
        relay.get(10, TimeUnit.SECONDS);
        assertThat(ended.join()).isTrue();
    }

    @Test
    void whatIsNoFramePassesAsItIs() throws Exception {
        var bytes = new byte[200_000];
        new Random(3).nextBytes(bytes);
        System.arraycopy(frame(1, (byte) 'x'), 0, bytes, 0, 5);
        bytes[6] = 3; // the next one's length
        var writing = Thread.ofVirtual().start(() -> {
            try {
                guest.guest().out().write(bytes);
                guest.guest().close();
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
        assertThat(client.host().in().readAllBytes()).isEqualTo(bytes);
        writing.join();
    }

    @Test
    void aClientThatIsGoneTakesItsCommandAlong() throws Exception {
        client.host().close();
        assertThat(guest.guest().in().readAllBytes()).isEmpty();
        relay.get(10, TimeUnit.SECONDS);
    }

    /** The kernel reports one that left something unread as a reset, not as an end. */
    @Test
    void oneThatLeftWithoutReadingIsGoneToo(@TempDir Path directory) throws Exception {
        var silent = new Wire(1 << 16);
        try (var listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            listener.bind(UnixDomainSocketAddress.of(directory.resolve("s")));
            var hasty = Duplex.connect(directory.resolve("s"));
            var exchange = new Exchange(
                    Duplex.of(listener.accept()), Head.request("POST", "/v1/vms/box/workspace", Headers.NONE));
            var joined = new FutureTask<>(() -> {
                Relay.join(exchange, silent.host());
                return true;
            });
            Thread.ofVirtual().start(joined);
            hasty.out().write('x');
            hasty.out().flush();
            assertThat(silent.guest().in().read()).isEqualTo('x');
            hasty.close();
            assertThat(silent.guest().in().readAllBytes()).isEmpty();
            joined.get(10, TimeUnit.SECONDS);
        }
    }

    @Test
    void aGuestThatBreaksIsTheEndForTheClientToo() throws Exception {
        guest.guest().out().write(frame(1, (byte) 'x'));
        guest.guest().close();
        assertThat(client.host().in().readAllBytes()).isEqualTo(frame(1, (byte) 'x'));
        relay.get(10, TimeUnit.SECONDS);
    }
}
