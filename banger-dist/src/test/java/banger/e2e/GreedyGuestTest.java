package banger.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A guest that wants the host's disk, memory or patience. */
@Tag("vm")
class GreedyGuestTest {
    private static final long RING = 1 << 20;

    /**
     * The command's parent is the agent's process for it, and that one's parent the agent. It waits for a line:
     * an agent that is stopped may not have passed on yet what was printed before.
     */
    private static final String STOP_AGENT =
            "agent=$(cut -d ' ' -f 4 /proc/$PPID/stat); echo now; read -r _; kill -STOP $agent; ";

    @RegisterExtension
    static final TestHome HOME = TestHome.withoutInit();

    @BeforeEach
    void boot() {
        HOME.boot("box");
    }

    @AfterEach
    void delete() {
        HOME.deleteAll();
    }

    /** Resident memory of the daemon, in KiB. */
    private static long resident() throws IOException {
        for (var line : Files.readAllLines(Path.of("/proc/" + HOME.daemonPid() + "/status")))
            if (line.startsWith("VmRSS:")) return Long.parseLong(line.replaceAll("[^0-9]", ""));
        throw new AssertionError("no VmRSS");
    }

    @Test
    void whatItWritesToTheConsoleIsBoundedAndPrintable() throws IOException {
        var directory = HOME.state().resolve("vms").resolve(HOME.vm("box").id());
        long before = resident();
        HOME.exec("box", "sh", "-c", "yes \"$(printf '\\033]0;owned\\007')flood\" | head -c 4000000 > /dev/ttyS0")
                .ok();
        assertThat(directory.resolve("console.log.1")).exists();
        for (var name : new String[] {"console.log", "console.log.1"})
            assertThat(Files.size(directory.resolve(name))).isLessThanOrEqualTo(RING);
        var told = HOME.run("vm", "logs", "box").ok().out();
        assertThat(told).contains("flood").doesNotContain("\033", "\007").hasSizeLessThan(3 << 20);
        assertThat(resident() - before).isLessThan(64 * 1024);
        HOME.exec("box", "true").ok();
    }

    @Test
    void anAgentThatStandsStillIsGivenUpAndTheVmCanBeStopped() {
        HOME.exec("box", "sh", "-c", "echo kept > /root/note; sync").ok();
        try (var running = HOME.banger("vm", "exec", "box", "--", "sh", "-c", STOP_AGENT + "sleep 1000")
                .start()) {
            running.awaitOut("now");
            running.send("\n");
            Wait.until("the agent stands still", () -> {
                var ended = HOME.exec("box", "true");
                if (ended.status() == 0) return false;
                assertThat(ended.expect(125).err())
                        .contains("error: vm box: its agent did not answer /exec within 10 s", "banger vm restart box");
                return true;
            });
        }
        assertThat(HOME.vm("box").state()).isEqualTo("running");
        var stopped = HOME.run("vm", "stop", "box").ok();
        assertThat(stopped.err()).contains("did not answer").doesNotContain("Exception");
        HOME.run("vm", "start", "box").ok();
        assertThat(HOME.exec("box", "cat", "/root/note").ok().out()).isEqualTo("kept\n");
    }

    /** What a command does not read is held back at its sender, not kept by the daemon. */
    @Test
    void aCommandThatNeverReadsHoldsItsSenderBack() throws IOException {
        long before = resident();
        var ended = HOME.banger("vm", "exec", "box", "--", "sh", "-c", "until [ -e /run/go ]; do :; done; wc -c");
        try (var running = ended.start()) {
            var sender = Thread.ofVirtual().start(() -> {
                var chunk = new byte[1 << 20];
                for (int i = 0; i < 100; i++) running.send(chunk);
                running.endInput();
            });
            HOME.exec("box", "true").ok();
            assertThat(sender.isAlive()).isTrue();
            assertThat(resident() - before).isLessThan(64 * 1024);
            HOME.exec("box", "touch", "/run/go").ok();
            assertThat(running.await().ok().out().strip()).isEqualTo(Integer.toString(100 << 20));
        }
    }
}
