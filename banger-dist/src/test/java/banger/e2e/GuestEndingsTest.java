package banger.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What the guest does to itself. */
@Tag("vm")
class GuestEndingsTest {
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

    private static void awaitState(String state) {
        Wait.until(
                () -> state + ": " + HOME.vm("box"),
                Duration.ofMinutes(2),
                () -> HOME.vm("box").state().equals(state));
    }

    private static String bootId() {
        return HOME.exec("box", "cat", "/proc/sys/kernel/random/boot_id").ok().out();
    }

    /** One test, for booting an init to where it obeys takes most of the time. */
    @Test
    void rebootIsAnotherBootAndPoweroffStopsIt() {
        var before = bootId();
        int vmm = HOME.vm("box").pid();
        HOME.awaitInit("box");
        HOME.exec("box", "systemctl", "reboot");
        Wait.until(() -> "another VMM runs: " + HOME.vm("box"), Duration.ofMinutes(2), () -> {
            var vm = HOME.vm("box");
            return vm.state().equals("running") && vm.pid() > 0 && vm.pid() != vmm;
        });
        assertThat(bootId()).isNotEqualTo(before);

        HOME.awaitInit("box");
        HOME.exec("box", "sh", "-c", "echo kept > /root/before; systemctl poweroff");
        awaitState("stopped");
        assertThat(HOME.vm("box").lastError()).isEmpty();
        HOME.run("vm", "start", "box").ok();
        assertThat(HOME.exec("box", "cat", "/root/before").ok().out()).isEqualTo("kept\n");
    }

    @Test
    void aPanicIsAnErrorWithItsConsole() {
        HOME.exec("box", "sh", "-c", "echo 8 > /proc/sys/kernel/printk; echo c > /proc/sysrq-trigger")
                .expect(125)
                .expectErr("broke before the command ended");
        awaitState("error");
        assertThat(HOME.vm("box").lastError()).contains("kernel panicked");
        assertThat(HOME.run("vm", "logs", "box").ok().out()).contains("Kernel panic");
        HOME.run("vm", "start", "box").ok();
        HOME.exec("box", "true").ok();
    }
}
