package banger.daemon.engine;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.daemon.engine.qemu.Accelerator;
import banger.daemon.engine.qemu.QemuHypervisor;
import banger.daemon.process.Programs;
import java.nio.file.Path;
import java.util.Optional;

/** The engines of this host: QEMU, with KVM where it really works, else emulating. */
public final class HostEngines implements Engines {
    private static final String QEMU = "qemu-system-x86_64";

    private final Shim shim;
    private final KvmProbe kvm;
    private final Optional<Path> configuredQemu;

    public HostEngines(Shim shim, KvmProbe kvm, Optional<Path> configuredQemu) {
        this.shim = shim;
        this.kvm = kvm;
        this.configuredQemu = configuredQemu;
    }

    @Override
    public Hypervisor select(String wanted) {
        return switch (wanted) {
            case "auto", "qemu" -> qemu(kvm.answer().works() ? Accelerator.KVM : Accelerator.TCG);
            case "firecracker" ->
                throw new BangerException(
                        ErrorCode.ENGINE_UNAVAILABLE,
                        "engine firecracker: this version of banger has no Firecracker engine yet",
                        "--engine qemu");
            default ->
                throw new BangerException(
                        ErrorCode.USAGE, "engine " + wanted + ": not an engine", "auto, qemu or firecracker");
        };
    }

    @Override
    public Hypervisor byLabel(String label) {
        return qemu(label.endsWith("/kvm") ? Accelerator.KVM : Accelerator.TCG);
    }

    @Override
    public String note(String wanted) {
        var answer = kvm.answer();
        return answer.works()
                ? ""
                : answer.reason() + ", so this VM is emulated: slow, and no isolation boundary (banger doctor)";
    }

    private Hypervisor qemu(Accelerator accelerator) {
        var program = configuredQemu
                .or(() -> Programs.find(QEMU))
                .orElseThrow(() -> new BangerException(
                        ErrorCode.HOST_TOOL_MISSING,
                        QEMU + ": not found on this host",
                        "sudo apt-get install " + Programs.debianPackage(QEMU)));
        return new QemuHypervisor(program, accelerator, shim);
    }
}
