package banger.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import banger.daemon.ops.Failpoint;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The VMM, or the network helper, is killed while the daemon stands at a failpoint and goes on after it: the command
 * ends in words, the VM's data is there, and the VM starts again with its network.
 */
@Tag("vm")
class KilledPartsTest {
    @RegisterExtension
    static final TestHome HOME = TestHome.withoutInit();

    private static final String BOX = "box";

    @BeforeAll
    static void make() {
        HOME.boot(BOX);
        assumeTrue(
                HOME.vm(BOX).network().equals("user"),
                () -> "no network here: " + HOME.vm(BOX).network());
        HOME.exec(BOX, "sh", "-c", "echo data > /root/marker; sync").ok();
    }

    @AfterAll
    static void delete() {
        HOME.deleteAll();
    }

    @ParameterizedTest
    @EnumSource(names = {"START_VMM_SPAWNED", "START_RECORDED", "START_CONFIGURED", "START_DONE"})
    void theVmmDuringAStart(Failpoint failpoint) throws IOException {
        HOME.run("vm", "kill", BOX).ok();
        var ended = during(failpoint, KilledPartsTest::killVmm, "vm", "start", BOX);
        // Ready is ready: an end after it is not the start's failure.
        if (ended.status() != 0) assertThat(ended.expect(1).err()).contains("error: vm box: ");
        // Noticed by this daemon or, when it was stopped before it had, by the next.
        assertThat(HOME.vm(BOX).state()).isIn("error", "stopped");
        assertThat(HOME.vm(BOX).lastError()).isNotEmpty();
        itStartsWithItsDataAndNetwork();
    }

    @ParameterizedTest
    @EnumSource(names = {"STOP_INTENT", "STOP_SYNCED"})
    void theVmmDuringAStop(Failpoint failpoint) throws IOException {
        during(failpoint, KilledPartsTest::killVmm, "vm", "stop", BOX).ok();
        assertThat(HOME.vm(BOX).state()).isEqualTo("stopped");
        itStartsWithItsDataAndNetwork();
    }

    @ParameterizedTest
    @EnumSource(names = {"START_INTENT", "START_NETWORK", "START_VMM_SPAWNED", "START_RECORDED", "START_CONFIGURED"})
    void theHelperDuringAStart(Failpoint failpoint) throws IOException {
        HOME.run("vm", "kill", BOX).ok();
        during(failpoint, KilledPartsTest::killHelper, "vm", "start", BOX).ok();
        assertThat(HOME.vm(BOX).network()).isEqualTo("user");
        itStartsWithItsDataAndNetwork();
    }

    @ParameterizedTest
    @EnumSource(names = {"STOP_INTENT", "STOP_SYNCED", "STOP_KILLED"})
    void theHelperDuringAStop(Failpoint failpoint) throws IOException {
        during(failpoint, KilledPartsTest::killHelper, "vm", "stop", BOX).ok();
        itStartsWithItsDataAndNetwork();
    }

    @Test
    void theVmmDuringACopy() throws IOException {
        HOME.run("vm", "start", BOX).ok();
        var ended = during(Failpoint.SNAPSHOT_LIVE, KilledPartsTest::killVmm, "vm", "snapshot", BOX);
        assertThat(ended.expect(1).err()).contains("error: vm box: ");
        assertThat(HOME.vm(BOX).state()).isIn("error", "stopped");
        assertThat(HOME.run("snapshot", "list", BOX, "--json").ok().out()).doesNotContain("\"number\"");
        assertThat(HOME.state().resolve("vms").resolve(HOME.vm(BOX).id()).resolve("captured"))
                .doesNotExist();
        itStartsWithItsDataAndNetwork();
    }

    @ParameterizedTest
    @EnumSource(names = {"DELETE_INTENT", "DELETE_FILES"})
    void bothDuringADelete(Failpoint failpoint) throws IOException {
        HOME.boot("cut");
        during(
                        failpoint,
                        () -> {
                            HOME.vmms().stream()
                                    .filter(v -> !v.cwd().endsWith(HOME.vm(BOX).id()))
                                    .forEach(v -> Signal.send(v.pid(), "KILL"));
                            killHelper();
                        },
                        "vm",
                        "delete",
                        "cut")
                .ok();
        assertThat(HOME.vms()).extracting(v -> v.name()).containsExactly(BOX);
    }

    private static void killVmm() {
        var vmm = HOME.vmms();
        assertThat(vmm).hasSize(1);
        Signal.send(vmm.getFirst().pid(), "KILL");
        Wait.until("the VMM is gone", () -> HOME.vmms().isEmpty());
    }

    private static void killHelper() {
        var helpers = HOME.helpers();
        helpers.forEach(h -> Signal.send(h.pid(), "KILL"));
        Wait.until("the helper is gone", () -> HOME.helpers().isEmpty());
    }

    private static Ended during(Failpoint failpoint, Runnable deed, String... command) throws IOException {
        return Held.at(HOME, failpoint, deed, command);
    }

    private static void itStartsWithItsDataAndNetwork() {
        HOME.run("vm", "start", BOX).ok();
        assertThat(HOME.exec(BOX, "cat", "/root/marker", "/sys/class/net/eth0/carrier")
                        .ok()
                        .out())
                .isEqualTo("data\n1\n");
        assertThat(HOME.vm(BOX).network()).isEqualTo("user");
        assertThat(HOME.vmms()).hasSize(1);
    }
}
