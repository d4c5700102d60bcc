package banger.api.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.http.Duplex;
import banger.api.http.Head;
import banger.api.http.Headers;
import banger.api.model.Event;
import banger.api.model.ImageInfo;
import banger.api.model.KillVm;
import banger.api.model.OperationInfo;
import banger.api.testing.FakeDaemon;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BangerClientTest {
    private static final String OPERATION =
            "{\"id\":\"1\",\"kind\":\"vm.start\",\"object\":\"box\",\"startedAt\":\"2026-01-01T00:00:00Z\"}";
    private static final OperationInfo EXPECTED = new OperationInfo("1", "vm.start", "box", "2026-01-01T00:00:00Z");
    private static final String NOT_FOUND =
            "{\"code\":\"vm.not-found\",\"fact\":\"no VM named x\",\"remedies\":[\"banger vm list\"],\"operation\":\"ab\"}";

    @TempDir
    Path directory;

    private FakeDaemon daemon;
    private BangerClient client;

    @BeforeEach
    void start() {
        daemon = new FakeDaemon(directory.resolve("s"));
        client = new BangerClient(directory.resolve("s"));
    }

    @AfterEach
    void stop() {
        daemon.close();
    }

    private static void fails(ThrowingCallable call, ErrorCode code, String fact) {
        assertThatThrownBy(call).isInstanceOfSatisfying(BangerException.class, e -> {
            assertThat(e.code()).isEqualTo(code);
            assertThat(e.fact()).contains(fact);
        });
    }

    @Test
    void plainCallsBringTheirValues() {
        daemon.json("GET /v1/operations", "[" + OPERATION + "," + OPERATION + "]")
                .json("GET /v1/operations/1", OPERATION)
                .json("POST /v1/a", OPERATION)
                .json("PATCH /v1/b", OPERATION)
                .json("GET /v1/text", "as it is\n");
        assertThat(client.get("/v1/operations/1", OperationInfo.class)).isEqualTo(EXPECTED);
        assertThat(client.list("/v1/operations", OperationInfo.class)).containsExactly(EXPECTED, EXPECTED);
        assertThat(client.post("/v1/a", OperationInfo.class)).isEqualTo(EXPECTED);
        assertThat(client.send("PATCH", "/v1/b", KillVm.class, new KillVm("TERM"), OperationInfo.class))
                .isEqualTo(EXPECTED);
        assertThat(client.text("/v1/text")).isEqualTo("as it is\n");
        assertThat(daemon.requests())
                .containsExactly(
                        "GET /v1/operations/1",
                        "GET /v1/operations",
                        "POST /v1/a",
                        "PATCH /v1/b {\"signal\":\"TERM\"}",
                        "GET /v1/text");
        assertThat(daemon.seen().getFirst().headers().first("Host")).contains("banger");
    }

    @Test
    void theDaemonsErrorsArriveAsTheyAre() {
        daemon.answer("GET /v1/vms/x", 404, NOT_FOUND);
        assertThatThrownBy(() -> client.get("/v1/vms/x", ImageInfo.class))
                .isInstanceOfSatisfying(BangerException.class, e -> {
                    assertThat(e.code()).isEqualTo(ErrorCode.VM_NOT_FOUND);
                    assertThat(e.fact()).isEqualTo("no VM named x");
                    assertThat(e.remedies()).containsExactly("banger vm list");
                });
    }

    @Test
    void aCodeOfANewerDaemonIsStillAnError() {
        daemon.answer("GET /v1/vms/x", 409, NOT_FOUND.replace("vm.not-found", "vm.on-fire"));
        fails(() -> client.text("/v1/vms/x"), ErrorCode.INTERNAL, "no VM named x");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "oops", "{}", "[]", "{\"code\":7}", "{\"code\":\"vm.exists\"}", "null"})
    void anErrorThatIsNoneOfOursIsNotUnderstood(String body) {
        daemon.answer("GET /v1/vms", 500, body);
        fails(() -> client.text("/v1/vms"), ErrorCode.DAEMON_UNREACHABLE, "its answer cannot be understood");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "oops", "{\"id\":", "{\"name\":[]}", "[7]"})
    void anAnswerThatIsNotItsJsonIsNotUnderstood(String body) {
        daemon.json("GET /v1/x", body).json("GET /v1/list", body.isEmpty() ? "{" : body);
        fails(() -> client.get("/v1/x", ImageInfo.class), ErrorCode.DAEMON_UNREACHABLE, "cannot be understood");
        fails(() -> client.list("/v1/list", ImageInfo.class), ErrorCode.DAEMON_UNREACHABLE, "cannot be understood");
    }

    @Test
    void withNobodyAtTheSocketItSaysSo() {
        daemon.close();
        fails(() -> client.text("/v1/vms"), ErrorCode.DAEMON_UNREACHABLE, "nobody answers at " + directory);
        var nowhere = new BangerClient(directory.resolve("x".repeat(200)));
        fails(() -> nowhere.text("/v1/vms"), ErrorCode.DAEMON_UNREACHABLE, "nobody answers at");
    }

    @Test
    void anAnswerCutAnywhereIsABrokenConnection() {
        var whole = "HTTP/1.1 200 OK\r\nContent-Length: " + OPERATION.length() + "\r\n\r\n" + OPERATION;
        for (int end = 0; end < whole.length(); end += 7) {
            var cut = whole.substring(0, end);
            daemon.handle("GET /v1/x", (r, c) -> c.out().write(cut.getBytes(StandardCharsets.UTF_8)));
            fails(
                    () -> client.get("/v1/x", OperationInfo.class),
                    ErrorCode.DAEMON_UNREACHABLE,
                    "bangerd: the connection broke (");
        }
    }

    @Test
    void whatIsNotHttpIsABrokenConnection() {
        daemon.handle("GET /v1/x", (r, c) -> c.out().write("hello\n\n".getBytes(StandardCharsets.UTF_8)));
        fails(() -> client.text("/v1/x"), ErrorCode.DAEMON_UNREACHABLE, "the connection broke (");
    }

    private OperationInfo operation(List<Event> events) {
        return client.operation("POST", "/v1/op", KillVm.class, new KillVm("KILL"), OperationInfo.class, events::add);
    }

    @Test
    void anOperationTellsItsEventsInOrderAndThenItsResult() {
        daemon.events(
                "POST /v1/op",
                "{\"event\":\"doing\",\"object\":\"vm box\",\"text\":\"starting\"}",
                "{\"event\":\"note\",\"text\":\"n\",\"added\":1}",
                "{\"event\":\"done\",\"object\":\"vm box\",\"text\":\"ready\",\"millis\":12}",
                "{\"event\":\"result\",\"result\":" + OPERATION + "}");
        var events = new ArrayList<Event>();
        assertThat(operation(events)).isEqualTo(EXPECTED);
        assertThat(events)
                .containsExactly(
                        Event.doing("vm box", "starting", 0, 0), Event.note("n"), Event.done("vm box", "ready", 12));
    }

    @Test
    void anOperationsErrorEndsIt() {
        daemon.events("POST /v1/op", "{\"event\":\"error\",\"error\":" + NOT_FOUND + "}");
        fails(() -> operation(new ArrayList<>()), ErrorCode.VM_NOT_FOUND, "no VM named x");
    }

    @Test
    void anOperationThatWasRefusedAtOnceIsTheDaemonsError() {
        daemon.answer("POST /v1/op", 404, NOT_FOUND);
        fails(() -> operation(new ArrayList<>()), ErrorCode.VM_NOT_FOUND, "no VM named x");
    }

    @Test
    void aStreamThatEndsWithoutAResultIsBroken() {
        daemon.events("POST /v1/op", "{\"event\":\"note\",\"text\":\"n\"}");
        fails(() -> operation(new ArrayList<>()), ErrorCode.DAEMON_UNREACHABLE, "ended without a result");
        daemon.handle("POST /v1/op", (r, c) -> {
            FakeDaemon.startEvents(c);
            FakeDaemon.chunk(c, "{\"event\":\"note\",\"te");
        });
        fails(() -> operation(new ArrayList<>()), ErrorCode.DAEMON_UNREACHABLE, "the connection broke (");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "x", "[]", "{\"event\":\"result\",\"result\":7}", "{\"event\":\"error\",\"error\":{}}", "{"})
    void aLineThatIsNoEventIsNotUnderstood(String line) {
        daemon.events("POST /v1/op", line);
        fails(() -> operation(new ArrayList<>()), ErrorCode.DAEMON_UNREACHABLE, "cannot be understood");
    }

    @Test
    void interruptingAnOperationCancelsItAndTheDaemonSeesTheEnd() throws Exception {
        var gone = new CountDownLatch(1);
        daemon.handle("POST /v1/op", (r, c) -> {
            FakeDaemon.startEvents(c);
            FakeDaemon.chunk(c, "{\"event\":\"note\",\"text\":\"begun\"}\n");
            if (c.in().read() < 0) gone.countDown();
        });
        try {
            fails(
                    () -> client.operation(
                            "POST",
                            "/v1/op",
                            OperationInfo.class,
                            e -> Thread.currentThread().interrupt()),
                    ErrorCode.CANCELLED,
                    "cancelled");
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
        assertThat(gone.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void withNobodyThereRecoveryIsAskedAndTheCallMadeAgain() {
        daemon.close();
        var socket = directory.resolve("later");
        var asked = new ArrayList<ErrorCode>();
        var starting = new BangerClient(socket, "b1", failure -> {
            asked.add(failure.code());
            daemon = new FakeDaemon(socket).json("GET /v1/x", OPERATION);
            return true;
        });
        assertThat(starting.get("/v1/x", OperationInfo.class)).isEqualTo(EXPECTED);
        assertThat(asked).containsExactly(ErrorCode.DAEMON_UNREACHABLE);
        assertThat(daemon.seen().getFirst().headers().first(BangerClient.BUILD_HEADER))
                .contains("b1");
        assertThat(starting.get("/v1/x", OperationInfo.class)).isEqualTo(EXPECTED);
        assertThat(asked).hasSize(1);
    }

    @Test
    void aDaemonOfAnotherBuildIsRecoveredFromOnceAndNotAgain() {
        daemon.answer("GET /v1/x", 409, NOT_FOUND.replace("vm.not-found", "daemon.other-build"));
        var asked = new ArrayList<ErrorCode>();
        var replacing = new BangerClient(directory.resolve("s"), "b1", failure -> asked.add(failure.code()));
        fails(() -> replacing.text("/v1/x"), ErrorCode.DAEMON_OTHER_BUILD, "no VM named x");
        assertThat(asked).containsExactly(ErrorCode.DAEMON_OTHER_BUILD);
    }

    @Test
    void aCallThatMayHaveHappenedIsNotMadeAgain() {
        daemon.handle("POST /v1/op", (r, c) -> {});
        var asked = new ArrayList<ErrorCode>();
        var careful = new BangerClient(directory.resolve("s"), "b1", failure -> asked.add(failure.code()));
        fails(
                () -> careful.operation("POST", "/v1/op", OperationInfo.class, e -> {}),
                ErrorCode.DAEMON_UNREACHABLE,
                "the connection broke");
        assertThat(asked).isEmpty();
        assertThat(daemon.requests()).hasSize(1);
    }

    @Test
    void withoutAWayToRecoverTheFailureIsTold() {
        daemon.close();
        var helpless = new BangerClient(directory.resolve("s"), "b1", failure -> false);
        fails(() -> helpless.text("/v1/x"), ErrorCode.DAEMON_UNREACHABLE, "nobody answers");
        fails(() -> helpless.upgrade("/v1/x", ""), ErrorCode.DAEMON_UNREACHABLE, "nobody answers");
        fails(() -> helpless.follow("/v1/x"), ErrorCode.DAEMON_UNREACHABLE, "nobody answers");
    }

    @Test
    void anUpgradedConnectionCarriesBytesBothWays() throws IOException {
        daemon.handle("POST /v1/vms/box/exec", (r, c) -> {
            Head.response(101, "Switching Protocols", Headers.NONE).write(c.out());
            c.out().write(("got " + (char) c.in().read()).getBytes(StandardCharsets.UTF_8));
        });
        try (var connection = client.upgrade("/v1/vms/box/exec", "{}")) {
            connection.out().write('x');
            connection.endOutput();
            assertThat(connection.in().readAllBytes()).asString().isEqualTo("got x");
        }
    }

    @Test
    void anUpgradeThatIsRefusedIsTheDaemonsError() {
        daemon.answer("POST /v1/vms/box/exec", 404, NOT_FOUND);
        fails(() -> client.upgrade("/v1/vms/box/exec", "{}"), ErrorCode.VM_NOT_FOUND, "no VM named x");
        daemon.handle("POST /v1/vms/box/exec", (r, c) -> {});
        fails(() -> client.upgrade("/v1/vms/box/exec", "{}"), ErrorCode.DAEMON_UNREACHABLE, "no answer");
    }

    @Test
    void aFollowedBodyComesAsItGrows() throws IOException {
        var read = new CountDownLatch(1);
        daemon.handle("GET /v1/log", (r, c) -> {
            FakeDaemon.startEvents(c);
            FakeDaemon.chunk(c, "first");
            try {
                if (!read.await(10, TimeUnit.SECONDS)) return;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            FakeDaemon.chunk(c, " second");
            c.out().write("0\r\n\r\n".getBytes(StandardCharsets.UTF_8));
        });
        try (var in = client.follow("/v1/log")) {
            assertThat(in.readNBytes(5)).asString().isEqualTo("first");
            read.countDown();
            assertThat(in.readAllBytes()).asString().isEqualTo(" second");
        }
        daemon.answer("GET /v1/log", 404, NOT_FOUND);
        fails(() -> client.follow("/v1/log"), ErrorCode.VM_NOT_FOUND, "no VM named x");
    }

    /** Which would otherwise look as if nobody were there. */
    @Test
    void aVirtualThreadWaitsForAListenerWhoseQueueIsFull() throws Exception {
        var socket = directory.resolve("full");
        try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket), 1);
            for (int i = 0; i < 2; i++) Duplex.connect(socket);
            var connected = new CompletableFuture<Duplex>();
            Thread.ofVirtual().start(() -> {
                try {
                    connected.complete(Duplex.connect(socket));
                } catch (IOException e) {
                    connected.completeExceptionally(e);
                }
            });
            for (int i = 0; i < 3; i++) server.accept();
            connected.get(1, TimeUnit.MINUTES).close();
        }
    }

    @Test
    void whoIsInterruptedBeforeItConnectsHasCancelledAndStartsNoDaemon() throws Exception {
        var recovering = new BangerClient(directory.resolve("nobody"), "b", failure -> {
            throw new AssertionError("no daemon is missing", failure);
        });
        for (var kind : List.of(Thread.ofVirtual(), Thread.ofPlatform())) {
            var thrown = new CompletableFuture<Throwable>();
            kind.start(() -> {
                Thread.currentThread().interrupt();
                try {
                    recovering.text("/v1/x");
                } catch (BangerException | AssertionError e) {
                    thrown.complete(e);
                }
            });
            assertThat(thrown.get(1, TimeUnit.MINUTES))
                    .isInstanceOfSatisfying(
                            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CANCELLED));
        }
    }
}
