package banger.daemon.engine.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.daemon.engine.Hypervisor;
import banger.daemon.engine.ProcessRef;
import banger.daemon.engine.RealEngineContract;
import banger.daemon.engine.SealedMemory;
import banger.daemon.process.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** QEMU keeps the contract. */
@Tag("vm")
class QemuHypervisorTest extends RealEngineContract {
    private static Accelerator accelerator = Accelerator.TCG;

    @BeforeAll
    static void probe() {
        accelerator = kvmWorks() ? Accelerator.KVM : Accelerator.TCG;
    }

    @Override
    protected Hypervisor engine() {
        var program = Programs.find("qemu-system-x86_64").orElseThrow();
        return new QemuHypervisor(program, "7.2", accelerator, shim(), new SealedMemory());
    }

    @Test
    void memoryThatTheHostRefusesIsAnErrorAndNothingRuns() throws IOException {
        var policy = Files.readString(Path.of("/proc/sys/vm/overcommit_memory")).strip();
        assumeTrue(!policy.equals("1"), "this host promises any amount of memory (vm.overcommit_memory is 1)");
        memoryMib = 512 * 1024;
        assertThatThrownBy(this::boot).isInstanceOfSatisfying(BangerException.class, e -> {
            assertThat(e.code()).isEqualTo(ErrorCode.VM_START_FAILED);
            assertThat(e.fact())
                    .startsWith("vm box: QEMU did not start: ")
                    .contains("memory", "Cannot allocate memory")
                    .hasSizeLessThan(1000);
            assertThat(e.remedies()).isNotEmpty();
        });
        for (var ref : Files.readString(directory.resolve("run.ref")).strip().split(" "))
            assertThat(ProcessRef.parse(ref).alive()).isFalse();
    }
}
