package banger.daemon.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.http.Duplex;
import banger.api.http.Head;
import banger.api.model.ExecRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class AgentTest {
    private static final Duration LONG = Duration.ofSeconds(20);

    private final BlockingQueue<String> requests = new LinkedBlockingQueue<>();

    /** What the guest does with a stream once the request is read. */
    private interface Guest {
        void answer(Duplex stream) throws IOException;
    }

    private Agent agent(Guest guest) {
        return new Agent("box", new GuestChannel() {
            @Override
            public Duplex open() {
                var wire = new Wire(1 << 16);
                Thread.ofVirtual().start(() -> {
                    try (var stream = wire.guest()) {
                        var head = Head.read(stream.in()).orElseThrow();
                        var body = head.body(stream.in()).readAllBytes();
                        requests.add(head.first() + " " + head.second() + " " + body.length);
                        guest.answer(stream);
                    } catch (IOException e) {
                        requests.add("broken: " + e.getMessage());
                    }
                });
                return wire.host();
            }

            @Override
            public void close() {}
        });
    }

    private Agent answering(String text) {
        return agent(s -> s.out().write(text.getBytes(StandardCharsets.ISO_8859_1)));
    }

    private static String ok(String body) {
        return "HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
    }

    private static void fails(ThrowingCallable call, ErrorCode code, String fact) {
        assertThatThrownBy(call).isInstanceOfSatisfying(BangerException.class, e -> {
            assertThat(e.code()).isEqualTo(code);
            assertThat(e.fact())
                    .startsWith("vm box: ")
                    .contains(fact)
                    .doesNotContain("\033")
                    .doesNotContain("\n");
        });
    }

    @Test
    void requestsAreWhatTheProtocolSays() {
        var agent = answering(ok("state=ready\nbuild=abc\nnonsense\n=x\nkey=a=b\033\n"));
        assertThat(agent.health())
                .containsOnlyKeys("state", "build", "key")
                .containsEntry("state", "ready")
                .containsEntry("key", "a=b\\x1b");
        agent.configure(new byte[100_000], LONG);
        agent.sync(true, LONG);
        agent.sync(false, LONG);
        agent.power("poweroff");
        assertThat(List.copyOf(requests))
                .containsExactly(
                        "GET /healthz 0",
                        "POST /configure 100000",
                        "POST /sync?freeze=1 0",
                        "POST /sync?freeze=0 0",
                        "POST /power?action=poweroff 0");
    }

    @Test
    void aRefusalIsToldInTheGuestsWordsMadePrintable() {
        fails(
                () -> answering("HTTP/1.1 400 No\r\nContent-Length: 9\r\n\r\nno \033[2Jcwd")
                        .sync(false, LONG),
                ErrorCode.GUEST_REFUSED,
                "no \\x1b[2Jc");
        fails(
                () -> answering("HTTP/1.1 500 No\r\nContent-Length: 4\r\n\r\nbad\n")
                        .sync(false, LONG),
                ErrorCode.GUEST_PROTOCOL,
                "vm box: bad");
    }

    @Test
    void anAnswerCutAnywhereIsAGuestThatDoesNotAnswer() {
        var whole = ok("state=ready\n");
        for (int end = 0; end < whole.length(); end += 3) {
            var cut = whole.substring(0, end);
            fails(() -> answering(cut).health(), ErrorCode.GUEST_PROTOCOL, "its agent does not answer (");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "hello\n\n",
                "HTTP/1.0 200 OK\r\n\r\n",
                "HTTP/1.1 900 OK\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                "\0\033[2J\n\n"
            })
    void whatIsNotHttpIsToldAndNotObeyed(String text) {
        fails(() -> answering(text).health(), ErrorCode.GUEST_PROTOCOL, "its agent does not answer (");
    }

    @Test
    void anAnswerTooBigIsCutOff() {
        var agent = agent(s -> {
            s.out().write("HTTP/1.1 200 OK\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
            var piece = new byte[8192];
            while (true) s.out().write(piece);
        });
        fails(agent::health, ErrorCode.GUEST_PROTOCOL, "over 1 MiB");
        var endless = agent(s -> {
            while (true) s.out().write("HTTP/1.1 200 ".getBytes(StandardCharsets.ISO_8859_1));
        });
        fails(endless::health, ErrorCode.GUEST_PROTOCOL, "head over");
    }

    @Test
    void aDeadlineEndsTheWaitAndNamesWhatWasAsked() {
        var silent = agent(s -> s.in().read());
        fails(
                () -> silent.sync(true, Duration.ofMillis(20)),
                ErrorCode.GUEST_PROTOCOL,
                "its agent did not answer /sync within 0 s");
        var halfway = agent(s -> {
            s.out().write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab".getBytes(StandardCharsets.ISO_8859_1));
            s.in().read();
        });
        fails(() -> halfway.configure(new byte[3], Duration.ofMillis(20)), ErrorCode.GUEST_PROTOCOL, "its agent did");
    }

    @Test
    void aChannelThatIsGoneIsAGuestThatDoesNotAnswer() {
        var agent = new Agent("box", new GuestChannel() {
            @Override
            public Duplex open() throws IOException {
                throw new IOException("the guest channel ended");
            }

            @Override
            public void close() {}
        });
        fails(agent::health, ErrorCode.GUEST_PROTOCOL, "its agent does not answer (the guest channel ended)");
    }

    @Test
    void anUpgradedStreamIsTheCallersWhateverTheDeadline() throws IOException {
        var agent = agent(s -> {
            s.out().write("HTTP/1.1 101 Switching\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
            s.out().write(s.in().read());
        });
        try (var stream = agent.forward(22)) {
            stream.out().write('x');
            assertThat(stream.in().read()).isEqualTo('x');
        }
        assertThat(requests).containsExactly("POST /forward?port=22 0");
        fails(
                () -> answering("HTTP/1.1 400 No\r\nContent-Length: 7\r\n\r\nno user")
                        .exec(new ExecRequest(
                                List.of("x\0".getBytes(StandardCharsets.UTF_8)), null, "y", List.of(), null, false)),
                ErrorCode.GUEST_REFUSED,
                "no user");
    }
}
