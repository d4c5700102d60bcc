package banger.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What the guest does to itself. */
@Tag("vm")
class GuestEndingsTest {
    @RegisterExtension
    static final TestHome HOME = TestHome.prepared();

    @BeforeAll
    static void create() {
        HOME.create("--no-start", "--name", "box").ok();
    }

    @BeforeEach
    void boot() {
        HOME.run("vm", "start", "box").ok();
        HOME.awaitInit("box");
    }

    @AfterAll
    static void delete() {
        HOME.deleteAll();
    }

    private static void awaitState(String state) {
        Wait.until(
                () -> state + ": " + HOME.vm("box"),
                java.time.Duration.ofMinutes(2),
                () -> HOME.vm("box").state().equals(state));
    }

    @Test
    void poweroffStopsIt() {
        HOME.exec("box", "sh", "-c", "echo kept > /root/before; systemctl poweroff");
        awaitState("stopped");
        assertThat(HOME.vm("box").lastError()).isEmpty();
        HOME.run("vm", "start", "box").ok();
        assertThat(HOME.exec("box", "cat", "/root/before").ok().out()).isEqualTo("kept\n");
    }

    @Test
    void rebootIsAnotherBoot() {
        var before =
                HOME.exec("box", "cat", "/proc/sys/kernel/random/boot_id").ok().out();
        int vmm = HOME.vm("box").pid();
        HOME.exec("box", "systemctl", "reboot");
        Wait.until(() -> "another VMM runs: " + HOME.vm("box"), java.time.Duration.ofMinutes(2), () -> {
            var vm = HOME.vm("box");
            return vm.state().equals("running") && vm.pid() > 0 && vm.pid() != vmm;
        });
        assertThat(HOME.exec("box", "cat", "/proc/sys/kernel/random/boot_id")
                        .ok()
                        .out())
                .isNotEqualTo(before);
    }

    @Test
    void aPanicIsAnErrorWithItsConsole() {
        HOME.exec("box", "sh", "-c", "echo 8 > /proc/sys/kernel/printk; echo c > /proc/sysrq-trigger")
                .expect(125);
        awaitState("error");
        assertThat(HOME.vm("box").lastError()).contains("kernel panicked");
        assertThat(HOME.run("vm", "logs", "box").ok().out()).contains("Kernel panic");
        HOME.run("vm", "start", "box").ok();
        HOME.exec("box", "true").ok();
    }
}
