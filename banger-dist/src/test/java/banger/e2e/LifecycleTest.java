package banger.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A VM from its creation to its end. */
@Tag("vm")
class LifecycleTest {
    @RegisterExtension
    static final TestHome HOME = TestHome.prepared();

    @AfterEach
    void delete() {
        HOME.deleteAll();
    }

    @Test
    void whatWasWrittenIsThereAfterStopAndStart() {
        HOME.boot("box");
        // Not synced by the command: stop has to see to that.
        HOME.exec(
                        "box",
                        "sh",
                        "-c",
                        "echo root > /root/file; echo system > /srv/file; head -c 6000000 /dev/urandom >"
                                + " /root/big; sha256sum /root/big > /root/sum")
                .ok();
        var stopped = HOME.run("vm", "stop", "box").ok();
        assertThat(stopped.err())
                .containsPattern("vm box: stopped in [0-9.]+ m?s")
                .doesNotContain("warning");
        assertThat(HOME.vm("box").state()).isEqualTo("stopped");
        HOME.run("vm", "start", "box").ok();
        assertThat(HOME.exec("box", "cat", "/root/file", "/srv/file").ok().out())
                .isEqualTo("root\nsystem\n");
        HOME.exec("box", "sha256sum", "-c", "/root/sum").ok();
    }

    @Test
    void startStopRestartKill() {
        var created = HOME.create("--no-start", "--name", "box");
        assertThat(created.ok().out()).isEqualTo("box\n");
        assertThat(HOME.vm("box").state()).isEqualTo("created");
        assertThat(HOME.run("vm", "stop", "box").ok().err()).isEqualTo("vm box: already stopped\n");
        assertThat(HOME.run("vm", "start", "box").ok().err()).contains("vm box: ready in ");
        assertThat(HOME.vm("box").state()).isEqualTo("running");
        assertThat(HOME.run("vm", "start", "box").ok().err()).isEqualTo("vm box: already running\n");
        var boot =
                HOME.exec("box", "cat", "/proc/sys/kernel/random/boot_id").ok().out();
        HOME.run("vm", "restart", "box").ok();
        assertThat(HOME.exec("box", "cat", "/proc/sys/kernel/random/boot_id")
                        .ok()
                        .out())
                .isNotEqualTo(boot);
        assertThat(HOME.run("vm", "kill", "box").ok().err()).isEqualTo("vm box: killed\n");
        assertThat(HOME.vm("box").state()).isEqualTo("stopped");
        assertThat(HOME.exec("box", "true").expect(125).err())
                .isEqualTo("error: vm box: is not running (stopped)\n  banger vm start box\n");
        assertThat(HOME.run("vm", "delete", "box").ok().err()).isEqualTo("vm box: deleted\n");
        assertThat(HOME.vms()).isEmpty();
    }

    @Test
    void aRunningVmIsDeletedAtOnce() {
        HOME.boot("box");
        HOME.run("vm", "delete", "box").ok();
        assertThat(HOME.vms()).isEmpty();
    }

    @Test
    void severalAtOnceGoOnWhenOneFails() {
        for (var name : new String[] {"a1", "b1", "c1"})
            HOME.create("--no-start", "--name", name).ok();
        var ended = HOME.run("vm", "delete", "a1", "nosuch", "c1", "a1").expect(1);
        assertThat(ended.err()).contains("vm a1: deleted", "error: no VM named nosuch", "vm c1: deleted");
        assertThat(HOME.vms()).extracting(v -> v.name()).containsExactly("b1");
    }

    @Test
    void pruneDeletesWhatDoesNotRunAndAsksFirst() {
        HOME.boot("runs");
        HOME.create("--no-start", "--name", "idle").ok();
        var refused = HOME.run("vm", "prune").expect(2);
        assertThat(refused.err()).contains("cannot ask here", "banger vm prune --force");
        assertThat(HOME.banger("vm", "prune")
                        .onTerminal()
                        .in("n\r".getBytes())
                        .run()
                        .expect(1)
                        .out())
                .contains("idle", "[y/N]");
        HOME.banger("vm", "prune").onTerminal().in("y\r".getBytes()).run().ok();
        assertThat(HOME.vms()).extracting(v -> v.name()).containsExactly("runs");
        assertThat(HOME.run("vm", "prune", "-f").ok().err()).contains("nothing to prune");
    }

    @Test
    void sizesChangeWhileItIsStoppedAndTheGuestSeesThem() {
        HOME.create("--no-start", "--name", "box", "--disk-size", "256M").ok();
        HOME.run("vm", "set", "box", "--memory", "640M", "--vcpu", "2", "--disk-size", "1G")
                .ok();
        assertThat(HOME.run("vm", "set", "box", "--disk-size", "512M").expect(2).err())
                .contains("a disk only grows");
        assertThat(HOME.run("vm", "set", "box").expect(2).err()).contains("nothing to change");
        HOME.run("vm", "start", "box").ok();
        assertThat(HOME.run("vm", "set", "box", "--memory", "1G").expect(1).err())
                .isEqualTo("error: vm box: its size only changes while it is stopped\n  banger vm stop box\n");
        var seen = HOME.exec(
                        "box", "sh", "-c", "nproc; df -k --output=size /root | tail -1; grep MemTotal /proc/meminfo")
                .ok()
                .out()
                .lines()
                .toList();
        assertThat(seen.get(0)).isEqualTo("2");
        assertThat(Long.parseLong(seen.get(1).strip())).isBetween(900_000L, 1_048_576L);
        assertThat(Long.parseLong(seen.get(2).replaceAll("[^0-9]", ""))).isBetween(530_000L, 655_360L);
    }

    @Test
    void aHungGuestIsStoppedInTwoSecondsAndThatIsSaid() {
        HOME.boot("box");
        Signal.send(HOME.vm("box").pid(), "STOP");
        long began = System.nanoTime();
        var ended = HOME.run("vm", "stop", "box").ok();
        assertThat(ended.err()).contains("warning: vm box: its agent did not answer, so nothing was synced");
        assertThat((System.nanoTime() - began) / 1_000_000).isBetween(2_000L, 10_000L);
        assertThat(HOME.vm("box").state()).isEqualTo("stopped");
    }

    @Test
    void gracefulStopRunsTheGuestsOwnShutdown() {
        HOME.boot("box");
        HOME.awaitInit("box");
        HOME.exec(
                        "box",
                        "sh",
                        "-c",
                        "printf '[Service]\\nType=oneshot\\nRemainAfterExit=yes\\nExecStart=/bin/true\\n"
                                + "ExecStop=/bin/touch /root/was-shut-down\\n' > /run/systemd/system/witness.service;"
                                + " systemctl start witness")
                .ok();
        HOME.run("vm", "stop", "--graceful", "box").ok();
        HOME.run("vm", "start", "box").ok();
        HOME.exec("box", "test", "-e", "/root/was-shut-down").ok();
    }
}
