package banger.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A guest command on our terminal: through a real pseudo-terminal. */
@Tag("vm")
class ExecTerminalTest {
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
    void theGuestsTerminalHasOurSizeAndKind() {
        var ended = HOME.banger("vm", "exec", "box", "--", "sh", "-c", "tty; stty size; echo $TERM")
                .onTerminal()
                .run();
        assertThat(ended.ok().out()).containsPattern("/dev/pts/[0-9]+\r\n37 101\r\nxterm-256color\r\n");
    }

    @Test
    void withoutATerminalTheGuestHasNone() {
        assertThat(HOME.exec("box", "tty").expect(1).out()).isEqualTo("not a tty\n");
    }

    @Test
    void aTerminalCanBeHadAndRefused() {
        assertThat(HOME.run("vm", "exec", "-t", "box", "--", "tty").ok().out()).startsWith("/dev/pts/");
        var ended = HOME.banger("vm", "exec", "-T", "box", "--", "sh", "-c", "test ! -t 1")
                .onTerminal()
                .run();
        ended.ok();
    }

    @Test
    void whatIsTypedReachesTheCommandAndTheStatusComesBack() {
        try (var running = HOME.banger("vm", "exec", "box", "--", "sh", "-c", "echo up; read x; echo \"[$x]\"; exit 6")
                .onTerminal()
                .start()) {
            running.awaitOut("up");
            running.send("hello\r");
            running.awaitOut("[hello]");
            running.await().expect(6);
        }
    }

    @Test
    void controlCReachesTheGuestsForegroundOnly() {
        try (var running = HOME.banger(
                        "vm",
                        "exec",
                        "box",
                        "--",
                        "sh",
                        "-c",
                        // No read: a shell that is about to wait for input does not see a signal of just before.
                        "trap 'echo caught; exit 5' INT; echo up; while :; do sleep 1; done")
                .onTerminal()
                .start()) {
            running.awaitOut("up");
            running.send("\u0003");
            running.await().expect(5);
        }
    }

    @Test
    void theTerminalIsAsItWasAfterwards() {
        var words = java.util.List.of("sh", "-c", "stty -g; " + Product.launcher() + " vm exec box -- true; stty -g");
        var lines = new Program(words, HOME.environment())
                .onTerminal()
                .run()
                .ok()
                .out()
                .lines()
                .toList();
        assertThat(lines).hasSize(2);
        assertThat(lines.get(1)).isEqualTo(lines.get(0));
    }
}
