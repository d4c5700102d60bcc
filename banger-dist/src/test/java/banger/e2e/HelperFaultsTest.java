package banger.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The network helper is killed: VMs run on, and the next one gets a network all the same. */
@Tag("vm")
class HelperFaultsTest {
    @RegisterExtension
    static final TestHome HOME = TestHome.withoutInit();

    @BeforeAll
    static void boot() {
        HOME.boot("box");
        assumeTrue(
                HOME.vm("box").network().equals("user"),
                () -> "no network here: " + HOME.vm("box").network());
    }

    @AfterAll
    static void delete() {
        HOME.deleteAll();
    }

    private static void killHelper() {
        assertThat(HOME.helpers()).hasSize(1);
        long pid = HOME.helpers().getFirst().pid();
        Signal.send(pid, "KILL");
        Wait.until("the helper is gone", () -> HOME.helpers().stream().noneMatch(h -> h.pid() == pid));
    }

    @Test
    void aKilledHelperTakesNoVmAlongAndIsStartedAgain() {
        killHelper();
        HOME.exec("box", "true").ok();
        HOME.boot("second");
        assertThat(HOME.vm("second").network()).isEqualTo("user");
        assertThat(HOME.exec("second", "cat", "/sys/class/net/eth0/carrier")
                        .ok()
                        .out())
                .isEqualTo("1\n");
        HOME.run("vm", "delete", "second").ok();
        HOME.exec("box", "true").ok();
    }

    @Test
    void helperAndDaemonKilledTogetherLoseNothing() {
        var boot =
                HOME.exec("box", "cat", "/proc/sys/kernel/random/boot_id").ok().out();
        killHelper();
        HOME.killDaemon();
        assertThat(HOME.exec("box", "cat", "/proc/sys/kernel/random/boot_id")
                        .ok()
                        .out())
                .isEqualTo(boot);
        HOME.boot("third");
        assertThat(HOME.vm("third").network()).isEqualTo("user");
        HOME.run("vm", "delete", "third").ok();
    }
}
