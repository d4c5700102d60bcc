package banger.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A daemon that ends, however it ends, stops no VM; the next one finds what runs. */
@Tag("vm")
class DaemonRestartTest {
    @RegisterExtension
    static final TestHome HOME = TestHome.withoutInit();

    @BeforeAll
    static void create() {
        HOME.create("--no-start", "--name", "box").ok();
    }

    @BeforeEach
    void boot() {
        HOME.run("vm", "start", "box").ok();
    }

    @AfterAll
    static void delete() {
        HOME.deleteAll();
    }

    private static String bootId() {
        return HOME.exec("box", "cat", "/proc/sys/kernel/random/boot_id").ok().out();
    }

    @Test
    void stoppedItSaysWhatRunsOnAndTheNextOneAdoptsIt() {
        var boot = bootId();
        assertThat(HOME.run("daemon", "stop").ok().err()).isEqualTo("bangerd: stopped; 1 VMs run on\n");
        assertThat(HOME.run("daemon", "status").expect(1).err()).contains("does not run");
        assertThat(HOME.run("daemon", "stop").ok().err()).isEqualTo("bangerd: already stopped\n");
        assertThat(bootId()).isEqualTo(boot);
        assertThat(HOME.vm("box").state()).isEqualTo("running");
    }

    @Test
    void killedItLeavesTheVmUsable() {
        var boot = bootId();
        HOME.killDaemon();
        assertThat(bootId()).isEqualTo(boot);
        // An adopted VM stops like any other.
        assertThat(HOME.run("vm", "stop", "box").ok().err())
                .contains("stopped in")
                .doesNotContain("warning");
    }

    /** A copy of it in /tmp would be there for ever once it was killed, and could not be loaded where that is noexec. */
    @Test
    void itsDatabaseIsLoadedFromWhereItIsInstalled() throws IOException {
        assertThat(Files.readAllLines(Path.of("/proc/" + HOME.daemonPid() + "/maps")))
                .filteredOn(line -> line.contains("sqlite") && line.contains("r-xp"))
                .isNotEmpty()
                .allMatch(line -> line.endsWith("/lib/native/libsqlitejdbc.so"));
    }

    @Test
    void severalRestartsInARowAreNoDifferent() {
        var boot = bootId();
        for (int i = 0; i < 3; i++) {
            HOME.killDaemon();
            HOME.run("vm", "list").ok();
        }
        assertThat(bootId()).isEqualTo(boot);
    }

    @Test
    void aCommandUnderWaySaysThatItWasCutOff() {
        try (var running = HOME.banger("vm", "exec", "box", "--", "sh", "-c", "echo up; exec sleep 1000")
                .start()) {
            running.awaitOut("up");
            HOME.killDaemon();
            assertThat(running.await().expect(125).err())
                    .startsWith("error: ")
                    .contains("broke before the command ended")
                    .doesNotContain("Exception");
        }
        Wait.until(
                "the command ended in the guest",
                () -> HOME.exec("box", "pgrep", "-x", "sleep").status() == 1);
    }

    @Test
    void aVmmKilledFromOutsideIsAnErrorAndTheVmStartsAgain() {
        Signal.send(HOME.vm("box").pid(), "KILL");
        Wait.until("the VM is in error", () -> HOME.vm("box").state().equals("error"));
        assertThat(HOME.vm("box").lastError()).contains("the VMM ended by itself (signal 9");
        assertThat(HOME.exec("box", "true").expect(125).err()).startsWith("error: vm box: is not running (error)\n");
        HOME.run("vm", "start", "box").ok();
        HOME.exec("box", "true").ok();
    }

    @Test
    void aVmmThatEndsWhileNoDaemonRunsIsFoundOut() {
        var vmm = HOME.vm("box").pid();
        HOME.killDaemon();
        Signal.send(vmm, "KILL");
        Wait.until("the VMM is gone", () -> !Processes.alive(vmm));
        assertThat(HOME.run("vm", "list").ok().out()).contains("  box   stopped  ");
        assertThat(HOME.vm("box").lastError()).contains("the VMM ended while no daemon ran");
    }
}
