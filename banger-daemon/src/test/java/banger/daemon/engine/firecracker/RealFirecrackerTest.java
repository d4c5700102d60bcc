package banger.daemon.engine.firecracker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import banger.daemon.engine.BootSpec.Placement;
import banger.daemon.engine.Hypervisor;
import banger.daemon.engine.RealEngineContract;
import banger.daemon.engine.Signals;
import banger.daemon.guest.Sleep;
import banger.daemon.process.Command;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/** A real Firecracker keeps the contract: the lab runs this where KVM does not work. */
@Tag("vm")
@EnabledIfEnvironmentVariable(
        named = "FIRECRACKER_BIN",
        matches = ".+",
        disabledReason = "FIRECRACKER_BIN names no Firecracker to try")
class RealFirecrackerTest extends RealEngineContract {
    private static final String PROGRAM = System.getenv().getOrDefault("FIRECRACKER_BIN", "");

    @BeforeAll
    static void canRun() {
        assumeTrue(kvmWorks(), "no KVM that works here: FIRECRACKER_BIN=" + PROGRAM + " make lab runs this on one");
    }

    @Override
    protected Hypervisor engine() {
        return new FirecrackerHypervisor(Path.of(PROGRAM), "1.16.1", shim(), new Signals(COMMANDS));
    }

    private static void ip(String... words) {
        var all = new java.util.ArrayList<>(java.util.List.of("ip"));
        all.addAll(java.util.List.of(words));
        var result = COMMANDS.run(Command.of(all));
        assertThat(result.ok()).as(result.reason()).isTrue();
    }

    private static Placement on(String tap) {
        return new Placement(Optional.empty(), Optional.empty(), Optional.of(tap));
    }

    @Test
    void savedItContinuesOnAnotherTap() throws Exception {
        assumeTrue(Files.getOwner(Path.of("/proc/self")).getName().equals("root"), "making taps takes root");
        for (var tap : java.util.List.of("bgrcontract1", "bgrcontract2")) {
            ip("tuntap", "add", "dev", tap, "mode", "tap");
            // One that is down does not say whether anybody holds it.
            ip("link", "set", tap, "up");
        }
        try {
            placement = on("bgrcontract1");
            bootToReady();
            var saved = save();
            machine().kill();
            placement = on("bgrcontract2");
            restore(saved);
            machine().wake(Sleep.Kind.RESUME);
            answers();
            assertThat(Files.readString(Path.of("/sys/class/net/bgrcontract2/carrier"))
                            .strip())
                    .isEqualTo("1");
        } finally {
            machine().kill();
            ip("link", "del", "bgrcontract1");
            ip("link", "del", "bgrcontract2");
        }
    }
}
