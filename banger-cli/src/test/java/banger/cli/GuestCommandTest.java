package banger.cli;

import static org.assertj.core.api.Assertions.assertThat;

import banger.api.http.Duplex;
import banger.api.http.Head;
import banger.api.http.Headers;
import banger.api.testing.FakeDaemon;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Exec and forward frames between the process's streams and a daemon. */
class GuestCommandTest {
    private static final String EXEC = "POST /v1/vms/box/exec";

    @TempDir
    Path home;

    private Prompt prompt;

    @BeforeEach
    void open() {
        prompt = new Prompt(home);
        prompt.daemon().json("GET /v1/vms/box", Prompt.BOX);
    }

    @AfterEach
    void close() {
        prompt.close();
    }

    /** What the daemon's side of an upgraded connection does. */
    private interface Guest {
        void run(Duplex connection) throws IOException;
    }

    private void guest(String request, Guest guest) {
        prompt.daemon().handle(request, (r, connection) -> {
            Head.response(101, "Switching Protocols", Headers.NONE).write(connection.out());
            guest.run(connection);
        });
    }

    private static void frame(Duplex connection, int type, byte... payload) throws IOException {
        connection.out().write(new byte[] {
            (byte) type, (byte) (payload.length >> 16), (byte) (payload.length >> 8), (byte) payload.length
        });
        connection.out().write(payload);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private record Frame(int type, byte[] payload) {}

    private static Frame read(Duplex connection) throws IOException {
        var data = new DataInputStream(connection.in());
        int type = data.readUnsignedByte();
        var payload = new byte[data.readUnsignedByte() << 16 | data.readUnsignedShort()];
        data.readFully(payload);
        return new Frame(type, payload);
    }

    @Test
    void outputGoesWhereItBelongsAndTheStatusIsTheCommands() {
        guest(EXEC, c -> {
            frame(c, 1, bytes("out\0\u00ff"));
            frame(c, 2, bytes("err"));
            frame(c, 1, new byte[65536]);
            frame(c, 1);
            frame(c, 5, (byte) 200);
        });
        var ran = prompt.run("vm", "exec", "box", "--", "cmd");
        assertThat(ran.status()).isEqualTo(200);
        assertThat(ran.bytes()).hasSize(6 + 65536).startsWith(bytes("out\0\u00ff"));
        assertThat(ran.err()).isEqualTo("err");
    }

    @Test
    void theRequestCarriesTheCommandByteForByte() {
        guest(EXEC, c -> frame(c, 5, (byte) 0));
        var raw = List.of(
                bytes("vm"),
                bytes("exec"),
                bytes("box"),
                bytes("-uapp"),
                bytes("-w/src"),
                bytes("-eA=b"),
                bytes("--"),
                bytes("cmd"),
                new byte[] {(byte) 0xff, 'x'});
        var words = new ArrayList<String>();
        for (var word : raw) words.add(new String(word, StandardCharsets.UTF_8));
        assertThat(prompt.run(words, raw).status()).isZero();
        var base64 = Base64.getEncoder();
        assertThat(prompt.daemon().seen().getLast().body())
                .isEqualTo("{\"argv\":[\"" + base64.encodeToString(bytes("cmd\0"))
                        + "\",\"/3gA\"],\"cwd\":\"/src\",\"user\":\"app\",\"env\":[\""
                        + base64.encodeToString(bytes("A=b\0")) + "\"],\"login\":false}");
    }

    @Test
    void inputIsSentAsItComesAndItsEndIsToldOnce() throws InterruptedException {
        BlockingQueue<Frame> frames = new LinkedBlockingQueue<>();
        guest(EXEC, c -> {
            var got = new ByteArrayOutputStream();
            Frame f;
            do {
                f = read(c);
                frames.add(f);
                got.write(f.payload());
            } while (f.payload().length > 0);
            frame(c, 1, got.toByteArray());
            frame(c, 5, (byte) 0);
        });
        var input = new byte[200_000];
        for (int i = 0; i < input.length; i++) input[i] = (byte) (i * 31 >> 3);
        var ran = prompt.input(new ByteArrayInputStream(input)).run("vm", "exec", "box", "--", "cat");
        // One frame holds at most 65536 bytes, both ways.
        assertThat(ran.status()).isEqualTo(125);
        assertThat(frames).allMatch(f -> f.type() == 0 && f.payload().length <= 65536);
        var sent = new ByteArrayOutputStream();
        for (var f : frames) sent.writeBytes(f.payload());
        assertThat(sent.toByteArray()).isEqualTo(input);
    }

    @Test
    void whyItCouldNotRunIsToldAndItsStatusKept() {
        guest(EXEC, c -> {
            frame(c, 6, bytes("no such file: \033[31mx"));
            frame(c, 5, (byte) 127);
        });
        var ran = prompt.run("vm", "exec", "box", "--", "nope");
        assertThat(ran.status()).isEqualTo(127);
        assertThat(ran.err()).isEqualTo("error: no such file: \\x1b[31mx\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "1", "1 0 0", "1 0 0 5 61", "7 0 0 0", "5 0 0 0", "5 0 0 2 0 0", "1 1 0 1", "ff ff ff ff"})
    void aBrokenConversationIsOursAndNotTheCommands(String hex) {
        guest(EXEC, c -> {
            for (var b : hex.split(" ")) if (!b.isEmpty()) c.out().write(Integer.parseInt(b, 16));
        });
        var ran = prompt.run("vm", "exec", "box", "--", "cmd");
        assertThat(ran.status()).isEqualTo(125);
        assertThat(ran.err())
                .isEqualTo(
                        "error: the connection to the guest broke before the command ended\n  banger ps; banger vm logs NAME\n");
    }

    private static OutputStream broken() {
        return new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("Broken pipe");
            }
        };
    }

    @Test
    void aBrokenPipeIsASignalForTheCommandWhoseStatusStillCounts() throws InterruptedException {
        BlockingQueue<Frame> frames = new LinkedBlockingQueue<>();
        guest(EXEC, c -> {
            frame(c, 1, bytes("one"));
            frame(c, 1, bytes("two"));
            for (var f = read(c); ; f = read(c)) {
                frames.add(f);
                if (f.type() == 4) break;
            }
            frame(c, 5, (byte) 141);
        });
        var words = List.of("vm", "exec", "box", "--", "yes");
        int status = prompt.run(
                words, words.stream().map(GuestCommandTest::bytes).toList(), broken(), new ByteArrayOutputStream());
        assertThat(status).isEqualTo(141);
        Frame signal;
        do signal = frames.poll(10, TimeUnit.SECONDS);
        while (signal != null && signal.type() != 4);
        assertThat(signal).isNotNull();
        assertThat(signal.payload()).containsExactly(13);
    }

    @Test
    void aClosedStderrLosesItsTextAndNothingElse() {
        guest(EXEC, c -> {
            frame(c, 2, bytes("lost"));
            frame(c, 1, bytes("kept"));
            frame(c, 5, (byte) 3);
        });
        var words = List.of("vm", "exec", "box", "--", "x");
        var out = new ByteArrayOutputStream();
        int status =
                prompt.run(words, words.stream().map(GuestCommandTest::bytes).toList(), out, broken());
        assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("kept");
        assertThat(status).isEqualTo(3);
    }

    @Test
    void aCommandThatReadsNothingIsNotWaitedForOnOurInput() {
        guest(EXEC, c -> frame(c, 5, (byte) 0));
        var never = new InputStream() {
            @Override
            public int read() throws IOException {
                try {
                    new java.util.concurrent.CountDownLatch(1).await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                return -1;
            }
        };
        assertThat(prompt.input(never).run("vm", "exec", "box", "--", "true").status())
                .isZero();
    }

    @Test
    void forwardJoinsBothStreamsAndEndsEachByItself() {
        guest("POST /v1/vms/box/forward?port=80", c -> {
            frame(c, 1, bytes("220 hi\r\n"));
            var got = new ByteArrayOutputStream();
            for (var f = read(c); f.payload().length > 0; f = read(c)) got.write(f.payload());
            frame(c, 1, got.toByteArray());
            frame(c, 1);
        });
        var ran = prompt.input("QUIT\r\n").run("vm", "nc", "box", "80");
        assertThat(ran.status()).isZero();
        assertThat(ran.out()).isEqualTo("220 hi\r\nQUIT\r\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1 0", "2 0 0 0", "1 ff ff ff", "1 0 0 3 61"})
    void aForwardThatBreaksIsStatusOne(String hex) {
        guest("POST /v1/vms/box/forward?port=80", c -> {
            for (var b : hex.split(" ")) if (!b.isEmpty()) c.out().write(Integer.parseInt(b, 16));
        });
        assertThat(prompt.run("vm", "nc", "box", "80").status()).isEqualTo(1);
    }

    private void running(String... events) {
        var all = new ArrayList<>(List.of(events));
        all.add(CliTest.result(CliTest.vm("3f09a1c40000", "brave-otter", "running", Instant.now())));
        prompt.daemon().events("POST /v1/vms", all.toArray(String[]::new));
        prompt.daemon()
                .events(
                        "DELETE /v1/vms/brave-otter?rescue=1",
                        CliTest.result(CliTest.vm("3f09a1c40000", "brave-otter", "running", Instant.now())));
        guest("POST /v1/vms/3f09a1c40000/exec", c -> {
            frame(c, 1, bytes("Linux\n"));
            frame(c, 5, (byte) 7);
        });
    }

    @Test
    void runIsCreateAndExecAndLeavesTheVm() {
        running("{\"event\":\"note\",\"text\":\"spec: 2 vcpu\"}");
        var ran = prompt.run("vm", "run", "--", "uname");
        assertThat(ran.transcript("vm", "run", "--", "uname")).isEqualTo("""
                $ banger vm run -- uname
                Linux
                spec: 2 vcpu
                vm brave-otter: still running; banger vm ssh brave-otter, or banger vm delete brave-otter
                (status 7)
                """);
    }

    @Test
    void aVmWhoseWorkCannotBeSavedStaysAndTheStatusIsTheCommands() {
        running();
        prompt.daemon()
                .answer(
                        "DELETE /v1/vms/brave-otter?rescue=1",
                        409,
                        CliTest.error("workspace.unpulled", "vm brave-otter: kept", "banger vm start brave-otter"));
        var ran = prompt.run("vm", "run", "--rm", "--", "uname");
        assertThat(ran.status()).isEqualTo(7);
        assertThat(ran.err()).isEqualTo("error: vm brave-otter: kept\n  banger vm start brave-otter\n");
    }

    @Test
    void runWithRmDeletesWhateverTheCommandSaid() {
        running();
        var ran = prompt.run("vm", "run", "--rm", "--", "uname");
        assertThat(ran.status()).isEqualTo(7);
        assertThat(ran.err()).isEqualTo("vm brave-otter: deleted\n");
        assertThat(prompt.daemon().requests()).last().isEqualTo("DELETE /v1/vms/brave-otter?rescue=1");
        guest("POST /v1/vms/3f09a1c40000/exec", c -> {});
        assertThat(prompt.run("vm", "run", "--rm", "--", "uname").status()).isEqualTo(125);
        assertThat(prompt.daemon().requests()).last().isEqualTo("DELETE /v1/vms/brave-otter?rescue=1");
    }

    @Test
    void runThatCouldNotCreateHasNothingToDelete() {
        prompt.daemon().events("POST /v1/vms", CliTest.failed("vm.start-failed", "vm x: no"));
        var ran = prompt.run("vm", "run", "--rm", "--", "uname");
        assertThat(ran.status()).isEqualTo(125);
        assertThat(prompt.daemon().requests()).hasSize(1);
    }

    @Test
    void detachedRunReturnsAtOnce() {
        running();
        var ran = prompt.run("vm", "run", "-d");
        assertThat(ran.status()).isZero();
        assertThat(ran.err()).startsWith("vm brave-otter: still running;");
        assertThat(prompt.daemon().requests()).hasSize(1);
    }

    @Test
    void withoutAnSshdASessionIsALoginShell() {
        prompt.daemon()
                .json(
                        "GET /v1/vms/box/ssh",
                        "{\"name\":\"box\",\"user\":\"root\",\"key\":\"/k\",\"knownHosts\":\"/h\",\"hostAlias\":\"banger-1\",\"sshd\":false}");
        guest(EXEC, c -> frame(c, 5, (byte) 4));
        var ran = prompt.run("vm", "ssh", "box");
        assertThat(ran.status()).isEqualTo(4);
        assertThat(ran.err()).isEqualTo("note: this image has no sshd: a login shell over the agent instead\n");
        assertThat(prompt.daemon().seen().getLast().body()).isEqualTo("{\"argv\":[],\"env\":[],\"login\":true}");
        prompt.run("vm", "ssh", "box", "--", "id");
        assertThat(prompt.daemon().seen().getLast().body())
                .isEqualTo("{\"argv\":[\"aWQA\"],\"env\":[],\"login\":false}");
    }

    @Test
    void aLogNobodyReadsIsNotFollowedForEver() {
        var ended = new LinkedBlockingQueue<String>();
        prompt.daemon().handle("GET /v1/vms/box/logs?follow=1", (r, c) -> {
            FakeDaemon.startEvents(c);
            FakeDaemon.chunk(c, "line\n");
            if (c.in().read() < 0) ended.add("client left");
        });
        var words = List.of("vm", "logs", "-f", "box");
        int status = prompt.run(
                words, words.stream().map(GuestCommandTest::bytes).toList(), broken(), new ByteArrayOutputStream());
        assertThat(status).isEqualTo(1);
    }
}
