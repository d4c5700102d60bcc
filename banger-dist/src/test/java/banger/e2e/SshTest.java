package banger.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The system's ssh through {@code vm nc}, with a key that was pinned before the first connection. */
@Tag("vm")
class SshTest {
    @RegisterExtension
    static final TestHome HOME = TestHome.prepared();

    @BeforeAll
    static void boot() {
        HOME.boot("box");
    }

    @AfterAll
    static void delete() {
        HOME.deleteAll();
    }

    @Test
    void aCommandRunsAndItsStatusComesBack() {
        var ended = HOME.banger("vm", "ssh", "box", "--", "cat; echo err >&2; id -un; exit 5")
                .in("in\n".getBytes(StandardCharsets.UTF_8))
                .run()
                .expect(5);
        assertThat(ended.out()).isEqualTo("in\nroot\n");
        assertThat(ended.err()).isEqualTo("err\n");
    }

    @Test
    void aSessionIsALoginOnATerminal() {
        try (var running = HOME.banger("vm", "ssh", "box").onTerminal().start()) {
            running.awaitOut("root@box");
            running.send("stty size; shopt -q login_shell && echo log-in; exit 4\r");
            var ended = running.await().expect(4);
            assertThat(ended.out()).contains("37 101\r\n", "log-in\r\n");
        }
    }

    @Test
    void theHostsKeyIsPinnedAndAnotherOneIsRefused() throws Exception {
        var id = HOME.vm("box").id();
        Path known;
        try (var files = Files.walk(HOME.state().resolve("ssh"))) {
            known = files.filter(f -> f.getFileName().toString().contains("known_hosts"))
                    .filter(f -> f.toString().contains(id))
                    .findFirst()
                    .orElseThrow();
        }
        var right = Files.readString(known);
        var guest = HOME.exec("box", "sh", "-c", "find /etc/ssh /run -name '*ed25519*.pub' | head -1 | xargs cat");
        assertThat(right).contains("ssh-ed25519 ");
        try {
            var fields = right.strip().split(" ");
            var other = new StringBuilder(fields[2]);
            other.setCharAt(40, other.charAt(40) == 'A' ? 'B' : 'A');
            Files.writeString(known, fields[0] + " " + fields[1] + " " + other + "\n");
            var refused = HOME.run("vm", "ssh", "box", "--", "true");
            assertThat(refused.status()).as(guest.toString()).isNotZero();
        } finally {
            Files.writeString(known, right);
        }
        HOME.run("vm", "ssh", "box", "--", "true").ok();
    }

    @Test
    void portTwentyTwoIsAnsweredThoughNothingListens() {
        try (var running = HOME.banger("vm", "nc", "box", "22").start()) {
            running.awaitOut("SSH-2.0-");
        }
    }

    @Test
    void aPortWithoutAListenerIsAnErrorInWords() {
        var ended = HOME.run("vm", "nc", "box", "9").expect(1);
        assertThat(ended.err()).startsWith("error: vm box: ");
        HOME.run("vm", "nc", "box", "0").expect(2);
        HOME.run("vm", "nc", "box", "65536").expect(2);
        HOME.run("vm", "nc", "box", "http").expect(2);
    }

    @Test
    void manyBytesTravel() throws Exception {
        var file = Files.write(HOME.path().resolve("sent"), new byte[100_000]);
        HOME.banger("vm", "ssh", "box", "--", "cat > /root/received")
                .in(Files.readAllBytes(file))
                .run()
                .ok();
        assertThat(HOME.exec("box", "stat", "-c", "%s", "/root/received").ok().out())
                .isEqualTo("100000\n");
    }

    @Test
    void aVmThatDoesNotRunIsSaidSo() {
        HOME.create("--no-start", "--name", "idle").ok();
        assertThat(HOME.run("vm", "ssh", "idle").expect(1).err())
                .isEqualTo("error: vm idle: is not running (created)\n  banger vm start idle\n");
    }
}
