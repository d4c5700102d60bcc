package banger.cli;

import static org.assertj.core.api.Assertions.assertThat;

import banger.api.testing.FakeDaemon;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Finding, starting and replacing the daemon; a script stands for the program that starts it. */
class DaemonStarterTest {
    @TempDir
    Path home;

    private Prompt prompt;

    @BeforeEach
    void open() {
        prompt = new Prompt(home);
    }

    @AfterEach
    void close() {
        prompt.close();
    }

    /** Called as {@code banger-shim spawn --log FILE -- PROGRAM}. */
    private void shim(String script) throws IOException {
        var file = home.resolve("dist/libexec/banger-shim");
        Files.createDirectories(file.getParent());
        Files.writeString(file, "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private void nobodyRuns() throws IOException {
        prompt.close();
        Files.delete(prompt.layout().socket());
    }

    @Test
    void theDaemonsOwnWordsTellWhyItEnded() throws IOException {
        nobodyRuns();
        shim("printf 'noise\\n' >/dev/null; printf 'error: config /c:1:2: no such key\\n  known: engine\\n' >\"$3\"\n"
                + "sh -c 'exit 1' & wait $!; echo ok $!:1");
        var ran = prompt.run("vm", "list");
        assertThat(ran.status()).isEqualTo(1);
        assertThat(ran.err()).isEqualTo("error: config /c:1:2: no such key\n  known: engine\n");
    }

    @Test
    void aDaemonThatEndsOtherwiseIsToldWithItsLastWords() throws IOException {
        nobodyRuns();
        shim("printf 'Exception\\n\\033[1mat x\\n' >\"$3\"; sh -c 'exit 1' & wait $!; echo ok $!:1");
        var ran = prompt.run("vm", "list");
        assertThat(ran.status()).isEqualTo(1);
        assertThat(ran.err())
                .isEqualTo(
                        "error: bangerd: ended while it started\n  its last words:\n  Exception\n  \\x1b[1mat x\n  log: "
                                + prompt.layout().daemonLog() + "\n");
    }

    @Test
    void whatCannotBeStartedIsTold() throws IOException {
        nobodyRuns();
        shim("echo failed exec: no such file");
        assertThat(prompt.run("vm", "list").err()).contains("bangerd cannot be started: failed exec: no such file");
    }

    @Test
    void aStateDirectoryTooDeepForSocketsIsRefusedBeforeAnythingIsMade() throws IOException {
        var deep = home.resolve("d".repeat(100));
        try (var other = new PromptWithoutDaemon(deep)) {
            var ran = other.run("vm", "list");
            assertThat(ran).contains("its path is too long for sockets").contains("point BANGER_HOME at a shorter one");
        }
        assertThat(deep).doesNotExist();
    }

    /** No socket could be bound in so deep a directory. */
    private record PromptWithoutDaemon(Path home) implements AutoCloseable {
        String run(String... words) {
            var err = new java.io.ByteArrayOutputStream();
            var stream = new java.io.PrintStream(err, true, java.nio.charset.StandardCharsets.UTF_8);
            var terminal = new Terminal(stream, stream, "000", java.util.Map.of(), false);
            var layout = Prompt.layoutOf(home);
            var starter = new DaemonStarter(layout, home, "b1", terminal);
            var streams = new Session.Streams(java.io.InputStream.nullInputStream(), stream, stream);
            new Cli(new Session(terminal, streams, java.util.Map.of(), layout, starter))
                    .run(
                            java.util.List.of(words),
                            java.util.Arrays.stream(words).map(String::getBytes).toList());
            return err.toString(java.nio.charset.StandardCharsets.UTF_8);
        }

        @Override
        public void close() {}
    }

    @Test
    void severalCallsAtOnceStartOneDaemon() throws Exception {
        nobodyRuns();
        shim("echo x >>" + home + "/started; echo ok $PPID:1");
        var watch = home.getFileSystem().newWatchService();
        home.register(watch, StandardWatchEventKinds.ENTRY_CREATE);
        var serving = Thread.ofVirtual().start(() -> {
            try {
                while (!Files.exists(home.resolve("started"))) watch.poll(10, TimeUnit.SECONDS);
                var daemon = new FakeDaemon(prompt.layout().socket());
                daemon.json("GET /v1/daemon", "{\"build\":\"b1\"}");
                for (var vm : new String[] {"a", "b", "c", "d"})
                    daemon.events(
                            "DELETE /v1/vms/" + vm,
                            CliTest.result(CliTest.vm("00000000000" + vm, vm, "stopped", Instant.now())));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        var ran = prompt.run("vm", "delete", "a", "b", "c", "d");
        serving.join();
        assertThat(ran.err()).isEqualTo("vm a: deleted\nvm b: deleted\nvm c: deleted\nvm d: deleted\n");
        assertThat(ran.status()).isZero();
        assertThat(Files.readString(home.resolve("started"))).isEqualTo("x\n");
    }

    @Test
    void aBusyDaemonOfAnotherBuildIsNotReplaced() {
        prompt.daemon()
                .answer("GET /v1/vms", 409, CliTest.error("daemon.other-build", "bangerd is of another build"))
                .json(
                        "GET /v1/daemon",
                        "{\"version\":\"0.1.9\",\"build\":\"old\",\"pid\":1,\"running\":1,\"operations\":2}");
        var ran = prompt.run("vm", "list");
        assertThat(ran.status()).isEqualTo(1);
        assertThat(ran.err()).isEqualTo("""
                error: bangerd 0.1.9: of another build, and has 2 operations under way
                  wait for them, then again; VMs keep running when the daemon is replaced
                """);
        assertThat(prompt.daemon().requests()).containsExactly("GET /v1/vms", "GET /v1/daemon");
    }

    @Test
    void anIdleDaemonOfAnotherBuildGivesWay() throws IOException {
        shim("echo failed test: not started here");
        prompt.daemon()
                .answer("GET /v1/vms", 409, CliTest.error("daemon.other-build", "bangerd is of another build"))
                .json(
                        "GET /v1/daemon",
                        "{\"version\":\"0.1.9\",\"build\":\"old\",\"pid\":2147483647,\"running\":1,\"operations\":0}")
                .handle("POST /v1/daemon/stop", (r, c) -> {
                    FakeDaemon.reply(c, 200, "{\"pid\":2147483647}");
                    prompt.close();
                });
        var ran = prompt.run("vm", "list");
        assertThat(ran.err()).contains("bangerd cannot be started: failed test: not started here");
    }
}
