package banger.daemon.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.client.BangerClient;
import banger.api.http.Duplex;
import banger.api.http.Head;
import banger.api.http.Headers;
import banger.api.model.ErrorInfo;
import banger.api.model.KillVm;
import banger.api.model.OperationInfo;
import banger.daemon.Build;
import banger.daemon.Owner;
import io.avaje.jsonb.Jsonb;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The server, its router and its operations over a real socket. */
@Timeout(60)
class ApiServerTest {
    @TempDir
    Path dir;

    private final Router router = new Router();
    private final AtomicInteger requests = new AtomicInteger();
    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    private Operations operations;
    private ApiServer server;
    private BangerClient client;
    private Path socket;

    @BeforeEach
    void serve() {
        socket = dir.resolve("s");
        operations = new Operations(Path.of("/logs/bangerd.log"));
        server = bind(Owner.current());
        client = new BangerClient(socket);
        router.add("GET", "/v1/text", x -> x.text("text/plain", "t"));
        router.add("GET", "/v1/vms/{}", x -> x.text("text/plain", x.parameter(0)));
        router.add("GET", "/v1/vms/{}/x/{}", x -> x.text("text/plain", x.parameter(0) + "|" + x.parameter(1)));
        router.add("GET", "/v1/query", x -> x.text("text/plain", x.query("a") + " " + x.query("b")));
        router.add("POST", "/v1/body", x -> x.json(KillVm.class, x.body(KillVm.class)));
        router.add("POST", "/v1/ignored", x -> x.text("text/plain", "ignored"));
        router.add("GET", "/v1/bug", x -> {
            throw new IllegalStateException("oh no");
        });
    }

    private ApiServer bind(Owner owner) {
        var bound = ApiServer.bind(socket, owner, router, operations, requests::incrementAndGet);
        Thread.ofVirtual().start(bound::serve);
        return bound;
    }

    @AfterEach
    void close() {
        server.close();
        assertThat(socket).doesNotExist();
    }

    private static void fails(ThrowingCallable call, ErrorCode code, String fact) {
        assertThatThrownBy(call).isInstanceOfSatisfying(BangerException.class, e -> {
            assertThat(e.code()).isEqualTo(code);
            assertThat(e.fact()).contains(fact);
        });
    }

    /** Everything the server says to raw bytes, after which we say no more. */
    private String raw(String text) throws IOException {
        try (var connection = Duplex.connect(socket)) {
            connection.out().write(text.getBytes(StandardCharsets.ISO_8859_1));
            connection.endOutput();
            return new String(connection.in().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    @Test
    void onlyTheOwnerMayOpenTheSocket() throws IOException {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
                .isEqualTo("rw-------");
    }

    @Test
    void aPeerWhoIsNotTheOwnerIsRefused() throws IOException {
        server.close();
        server = bind(new Owner(4711, "somebody-else", Optional.empty()));
        fails(() -> client.text("/v1/text"), ErrorCode.DAEMON_UNAUTHORIZED, "this daemon belongs to somebody-else");
        assertThat(requests).hasValue(0);
    }

    @Test
    void aDeadDaemonsSocketIsReplacedAndAFileIsNot() throws IOException {
        server.close();
        try (var dead = java.nio.channels.ServerSocketChannel.open(java.net.StandardProtocolFamily.UNIX)) {
            dead.bind(java.net.UnixDomainSocketAddress.of(socket));
        }
        server = bind(Owner.current());
        assertThat(client.text("/v1/text")).isEqualTo("t");
        server.close();
        Files.writeString(socket, "mine");
        assertThatThrownBy(() -> bind(Owner.current())).hasMessageContaining("is there and is not a socket of ours");
        Files.delete(socket);
    }

    @Test
    void anUnknownPathOrMethodIsNotFound() {
        fails(() -> client.text("/v1/nothing"), ErrorCode.NO_SUCH_PATH, "GET /v1/nothing: no such path in this API");
        fails(() -> client.text("/v1/vms/"), ErrorCode.NO_SUCH_PATH, "no such path");
        fails(() -> client.text("/v1/vms/a/b"), ErrorCode.NO_SUCH_PATH, "no such path");
        fails(() -> client.text("/v1/vms/a/x/"), ErrorCode.NO_SUCH_PATH, "no such path");
        fails(() -> client.post("/v1/text", KillVm.class), ErrorCode.NO_SUCH_PATH, "POST /v1/text: no such path");
        assertThat(requests).hasValue(5);
    }

    @Test
    void pathsAreDecodedPieceByPiece() {
        assertThat(client.text("/v1/vms/a%2Fb%20c%25")).isEqualTo("a/b c%");
        assertThat(client.text("/v1/vms/a+b")).isEqualTo("a+b");
        assertThat(client.text("/v1/vms/gr%C3%BCn")).isEqualTo("grün");
        assertThat(client.text("/v1/vms/..%2f..%2fetc/x/%00")).isEqualTo("../../etc|\0");
        fails(() -> client.text("/v1/vms/a%2"), ErrorCode.USAGE, "not percent-encoded text");
        fails(() -> client.text("/v1/vms/%zz"), ErrorCode.USAGE, "not percent-encoded text");
    }

    @Test
    void queriesAreDecodedAndTheLastValueCounts() {
        assertThat(client.text("/v1/query?a=1%262&b")).isEqualTo("Optional[1&2] Optional[]");
        assertThat(client.text("/v1/query?a=x=y&a=z")).isEqualTo("Optional[z] Optional.empty");
        assertThat(client.text("/v1/query?")).isEqualTo("Optional.empty Optional.empty");
        fails(() -> client.text("/v1/query?a=%"), ErrorCode.USAGE, "not percent-encoded text");
    }

    @Test
    void bodiesAreJsonAndBounded() {
        assertThat(client.send("POST", "/v1/body", KillVm.class, new KillVm("x"), KillVm.class))
                .isEqualTo(new KillVm("x"));
        var big = new KillVm("x".repeat(5 << 20));
        fails(
                () -> client.send("POST", "/v1/body", KillVm.class, big, KillVm.class),
                ErrorCode.USAGE,
                "body over 4 MiB");
    }

    @Test
    void aBodyThatIsNoJsonOrCutShortIsRefused() throws IOException {
        assertThat(raw("POST /v1/body HTTP/1.1\r\nContent-Length: 4\r\n\r\nnope"))
                .startsWith("HTTP/1.1 400 ")
                .contains("not the JSON");
        assertThat(raw("POST /v1/body HTTP/1.1\r\nContent-Length: 30\r\n\r\n{\"signal\""))
                .contains("cut short");
        assertThat(raw("POST /v1/body HTTP/1.1\r\nContent-Length: x\r\n\r\n")).contains("cut short");
        assertThat(raw("POST /v1/body HTTP/1.1\r\n\r\n")).startsWith("HTTP/1.1 200 ");
    }

    @Test
    void severalRequestsFollowOnOneConnection() throws IOException {
        var answers = raw(
                "GET /v1/vms/a HTTP/1.1\r\n\r\nGET /v1/vms/b HTTP/1.1\r\nConnection: close\r\n\r\nGET /v1/vms/c HTTP/1.1\r\n\r\n");
        assertThat(answers).contains("\r\n\r\na").contains("\r\n\r\nb").doesNotContain("\r\n\r\nc");
    }

    @Test
    void aBodyThatNobodyReadIsNotTheNextRequest() throws IOException {
        var smuggled = "GET /v1/vms/smuggled HTTP/1.1\r\n\r\n";
        var answers = raw("POST /v1/ignored HTTP/1.1\r\nContent-Length: " + smuggled.length() + "\r\n\r\n" + smuggled
                + "GET /v1/vms/next HTTP/1.1\r\n\r\n");
        assertThat(answers).contains("ignored").doesNotContain("smuggled").contains("\r\n\r\nnext");
        assertThat(
                        raw(
                                "POST /v1/body HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n11\r\n{\"signal\":\"USR1\"}\r\n0\r\n\r\nGET /v1/vms/next HTTP/1.1\r\n\r\n"))
                .contains("USR1")
                .contains("\r\n\r\nnext");
    }

    @Test
    void whatIsNotHttpEndsItsConnectionAndNoOther() throws IOException {
        for (var noise : List.of("\0\1\2\n\n", "GET / HTTP/1.0\r\n\r\n", "x".repeat(20_000), "GET /\r\n", ""))
            assertThat(raw(noise)).doesNotContain("200");
        assertThat(client.text("/v1/text")).isEqualTo("t");
    }

    @Test
    void aBugIsToldWithTheOperationAndTheLogAndWithoutItsStack() throws IOException {
        var answer = raw("GET /v1/bug HTTP/1.1\r\n\r\n");
        assertThat(answer).startsWith("HTTP/1.1 500 ");
        var error = Jsonb.instance().type(ErrorInfo.class).fromJson(answer.substring(answer.indexOf("\r\n\r\n") + 4));
        assertThat(error.code()).isEqualTo("internal");
        assertThat(error.fact()).contains("oh no").doesNotContain("\tat ").doesNotContain("\n");
        assertThat(error.operation()).matches("[0-9a-f]{8}");
        assertThat(error.remedies()).containsExactly("operation " + error.operation() + " in /logs/bangerd.log");
    }

    @Test
    void aClientOfAnotherBuildIsRefusedBeforeAnythingIsDone() {
        fails(
                () -> new BangerClient(socket, "other", failure -> false).text("/v1/text"),
                ErrorCode.DAEMON_OTHER_BUILD,
                "of build " + Build.id());
        assertThat(new BangerClient(socket, Build.id(), failure -> false).text("/v1/text"))
                .isEqualTo("t");
    }

    @Test
    void whatMayNotBeANameIsEscapedInTheError() throws IOException {
        assertThat(raw("GET /\u009b31m HTTP/1.1\r\n\r\n")).contains("x9b31m");
    }

    private void operation(Operations.OnDisconnect policy, Operations.Work work) {
        router.add("POST", "/v1/op", x -> operations.stream(x, "vm.start", "box", policy, work));
    }

    @Test
    void anOperationTellsWhatItDoesAndThenItsResult() {
        operation(Operations.OnDisconnect.CANCEL, p -> {
            p.note("begun");
            p.doing("vm box", "booting", 1, 2);
            p.warn("w");
            p.done("vm box", "ready", 5);
            assertThat(operations.list()).singleElement().satisfies(o -> {
                assertThat(o.kind()).isEqualTo("vm.start");
                assertThat(o.object()).isEqualTo("box");
            });
            return "{\"id\":\"1\"}";
        });
        var events = new ArrayList<String>();
        var result = client.operation("POST", "/v1/op", OperationInfo.class, e -> events.add(e.event()));
        assertThat(result.id()).isEqualTo("1");
        assertThat(events).containsExactly("note", "doing", "warn", "done");
        assertThat(operations.list()).isEmpty();
    }

    @Test
    void anOperationsFailureIsItsLastEvent() {
        operation(Operations.OnDisconnect.GO_ON, p -> {
            p.note("begun");
            throw new BangerException(ErrorCode.VM_RUNNING, "vm box: runs", "banger vm stop box");
        });
        fails(
                () -> client.operation("POST", "/v1/op", OperationInfo.class, e -> {}),
                ErrorCode.VM_RUNNING,
                "vm box: runs");
        assertThat(operations.list()).isEmpty();
    }

    @Test
    void aBugInAnOperationNamesIt() throws IOException {
        operation(Operations.OnDisconnect.GO_ON, p -> {
            throw new IllegalStateException("oh no");
        });
        var answer = raw("POST /v1/op HTTP/1.1\r\n\r\n");
        var id = answer.replaceAll("(?s).*Banger-Operation: ([0-9a-f]+)\r\n.*", "$1");
        assertThat(answer).contains("\"code\":\"internal\"").contains("operation " + id + " in /logs/bangerd.log");
    }

    /** Begins an operation and goes away once it is under way. */
    private void leave(CountDownLatch begun) throws Exception {
        try (var connection = Duplex.connect(socket)) {
            Head.request("POST", "/v1/op", Headers.of("Content-Length", "0")).write(connection.out());
            assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void aClientThatLeavesCancelsWhatCanBeCancelled() throws Exception {
        var begun = new CountDownLatch(1);
        operation(Operations.OnDisconnect.CANCEL, p -> {
            begun.countDown();
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                heard.add("interrupted");
            }
            return "{}";
        });
        leave(begun);
        assertThat(heard.poll(10, TimeUnit.SECONDS)).isEqualTo("interrupted");
    }

    @Test
    void aClientThatLeavesDoesNotDisturbWhatGoesOn() throws Exception {
        var begun = new CountDownLatch(1);
        var left = new CountDownLatch(1);
        operation(Operations.OnDisconnect.GO_ON, p -> {
            begun.countDown();
            try {
                if (!left.await(10, TimeUnit.SECONDS)) heard.add("nobody left");
                for (int i = 0; i < 1000; i++) p.note("into the void ".repeat(100));
                heard.add("to its end");
            } catch (InterruptedException e) {
                heard.add("interrupted");
            }
            return "{}";
        });
        leave(begun);
        left.countDown();
        assertThat(heard.poll(10, TimeUnit.SECONDS)).isEqualTo("to its end");
    }
}
