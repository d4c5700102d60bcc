package banger.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A command in a running VM: its status, environment, user and directory. */
@Tag("vm")
class ExecTest {
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

    @ParameterizedTest
    @CsvSource({
        "true, 0",
        "exit 1, 1",
        "exit 2, 2",
        "exit 7, 7",
        "exit 125, 125",
        "exit 255, 255",
        "kill -TERM $$, 143",
        "kill -KILL $$, 137",
        "kill -SEGV $$, 139"
    })
    void theStatusIsTheCommands(String script, int status) {
        var ended = HOME.exec("box", "sh", "-c", script).expect(status);
        assertThat(ended.out()).isEmpty();
        assertThat(ended.err()).isEmpty();
    }

    @Test
    void aCommandThatIsNotThereIs127() {
        var ended = HOME.exec("box", "no-such-program").expect(127);
        assertThat(ended.err()).startsWith("error: ").contains("no-such-program");
    }

    @Test
    void aFileThatCannotBeExecutedIs126() {
        var ended = HOME.exec("box", "/etc/hostname").expect(126);
        assertThat(ended.err()).startsWith("error: ").contains("/etc/hostname");
    }

    @Test
    void theEnvironmentIsTheGuestsNotOurs() {
        var ended =
                HOME.banger("vm", "exec", "box", "--", "env").env("LEAKED", "1").run();
        assertThat(ended.ok().out().lines())
                .contains("HOME=/root", "USER=root", "LANG=C.UTF-8")
                .noneMatch(l -> l.startsWith("LEAKED") || l.startsWith("BANGER") || l.startsWith("TERM"));
    }

    @Test
    void variablesGivenAreAddedEachOfThem() {
        var ended = HOME.run("vm", "exec", "-e", "A=1,2", "--env", "B=x y", "-e", "HOME=/tmp", "box", "--", "env");
        assertThat(ended.ok().out().lines()).contains("A=1,2", "B=x y", "HOME=/tmp");
    }

    @Test
    void aVariableWithoutAValueIsWrongUsage() {
        assertThat(HOME.run("vm", "exec", "-e", "A", "box", "--", "true")
                        .expect(2)
                        .err())
                .contains("write NAME=VALUE");
    }

    @Test
    void userAndDirectoryAreAsAsked() {
        var words =
                new String[] {"vm", "exec", "-u", "nobody", "-w", "/var/log", "box", "--", "sh", "-c", "id -un; pwd"};
        assertThat(HOME.run(words).ok().out()).isEqualTo("nobody\n/var/log\n");
    }

    @Test
    void theDirectoryIsTheUsersHomeByDefault() {
        assertThat(HOME.exec("box", "pwd").ok().out()).isEqualTo("/root\n");
    }

    @Test
    void anUnknownUserAndDirectoryAreOurFailures() {
        assertThat(HOME.run("vm", "exec", "-u", "nosuch", "box", "--", "true")
                        .expect(125)
                        .err())
                .startsWith("error: vm box: ")
                .contains("nosuch");
        assertThat(HOME.run("vm", "exec", "-w", "/no/such", "box", "--", "true")
                        .expect(125)
                        .err())
                .startsWith("error: vm box: ")
                .contains("/no/such");
    }

    /** The agent goes before all others, and is spared when memory runs out. */
    @Test
    void aCommandIsOneOfMany() {
        assertThat(HOME.exec("box", "sh", "-c", "nice; cat /proc/self/oom_score_adj")
                        .ok()
                        .out())
                .isEqualTo("0\n0\n");
        assertThat(HOME.exec("box", "sh", "-c", "ps -o ni= -C banger-guest | sort -nu")
                        .ok()
                        .out()
                        .strip())
                .isEqualTo("-20");
    }

    @Test
    void nothingToRunIsWrongUsage() {
        HOME.run("vm", "exec", "box").expect(2);
        HOME.run("vm", "exec", "box", "--").expect(2);
    }

    @Test
    void signalsReachTheCommand() {
        try (var running = HOME.banger(
                        "vm",
                        "exec",
                        "box",
                        "--",
                        "sh",
                        "-c",
                        // No read: a shell that is about to wait for input does not see a signal of just before.
                        "trap 'echo got; exit 9' TERM; echo up; while :; do sleep 1; done")
                .start()) {
            running.awaitOut("up");
            running.signal("TERM");
            assertThat(running.await().expect(9).out()).isEqualTo("up\ngot\n");
        }
    }

    @Test
    void interruptEndsTheCommandWithItsStatus() {
        try (var running = HOME.banger("vm", "exec", "box", "--", "sh", "-c", "echo up; exec sleep 1000")
                .start()) {
            running.awaitOut("up");
            running.signal("INT");
            running.await().expect(130);
        }
    }

    @Test
    void aCommandDiesWithItsClient() {
        try (var running = HOME.banger("vm", "exec", "box", "--", "sh", "-c", "echo up; exec sleep 4321")
                .start()) {
            running.awaitOut("up");
            running.signal("KILL");
            running.await();
        }
        Wait.until(
                "sleep ended in the guest",
                () -> HOME.exec("box", "pgrep", "-f", "sleep 4321").status() == 1);
    }

    @Test
    void whatACommandLeavesRunningDoesNotHoldItUp() {
        var ended = HOME.exec("box", "sh", "-c", "sleep 1000 & echo $!");
        HOME.exec("box", "kill", ended.ok().out().strip()).ok();
    }
}
