package banger.daemon.engine.qemu;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.daemon.HostBoot;
import banger.daemon.engine.BootSpec;
import banger.daemon.engine.HostCpu;
import banger.daemon.engine.Hypervisor;
import banger.daemon.engine.Machine;
import banger.daemon.engine.MachineRef;
import banger.daemon.engine.Shim;
import banger.daemon.engine.Traits;
import banger.daemon.engine.Vmm;
import banger.daemon.guest.Control;
import banger.daemon.guest.Mux;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CancellationException;

/** QEMU, with KVM or emulating. */
public final class QemuHypervisor implements Hypervisor {
    private final Path program;
    private final String version;
    private final Accelerator accelerator;
    private final Shim shim;

    public QemuHypervisor(Path program, String version, Accelerator accelerator, Shim shim) {
        this.program = program;
        this.version = version;
        this.accelerator = accelerator;
        this.shim = shim;
    }

    @Override
    public Traits traits() {
        return new Traits("qemu/" + accelerator.word(), accelerator == Accelerator.KVM);
    }

    @Override
    public Machine boot(BootSpec spec) {
        var vmm = vmm(spec.name(), spec.directory());
        vmm.removeLeftovers();
        var started = shim.run(
                spec.name(),
                spec.directory(),
                spec.placement(),
                spec.links(),
                QemuArguments.of(program.toString(), accelerator, spec));
        var ref = MachineRef.started(started, traits().label(), spec.network(), likeness());
        try {
            return connect(vmm, ref, spec.listener());
        } catch (IOException | CancellationException e) {
            throw vmm.abandoned(started, e);
        }
    }

    @Override
    public Optional<Machine> reattach(String name, Path directory, MachineRef ref, Control.Listener listener) {
        if (!ref.bootId().equals(HostBoot.id()) || !ref.vmmProcess().alive()) return Optional.empty();
        try {
            return Optional.of(connect(vmm(name, directory), ref, listener));
        } catch (IOException e) {
            if (!ref.vmmProcess().alive()) return Optional.empty();
            throw new BangerException(
                            ErrorCode.VM_NOT_READY,
                            "vm " + name + ": runs, but cannot be reached: " + e.getMessage(),
                            "banger vm restart " + name)
                    .because(e);
        }
    }

    @Override
    public String likeness() {
        return version + ", machine " + QemuArguments.VERSION + ", " + accelerator.word() + " " + accelerator.cpu()
                + ", cpu " + HostCpu.likeness();
    }

    @Override
    public Machine restore(BootSpec spec, Path saved) {
        var vmm = vmm(spec.name(), spec.directory());
        vmm.removeLeftovers();
        var arguments = QemuArguments.incoming(program.toString(), accelerator, spec);
        var started = shim.run(spec.name(), spec.directory(), spec.placement(), spec.links(), arguments);
        var ref = MachineRef.started(started, traits().label(), spec.network(), likeness())
                .resumed();
        try {
            var qmp = Qmp.begin(vmm.connect(QemuArguments.QMP_SOCKET, ref.vmmProcess()));
            QemuState.load(vmm, ref, qmp, saved);
            // Only now: a guest whose port was open all along would take this for the old conversation.
            var control = Control.begin(vmm.connect(QemuArguments.CONTROL_SOCKET, ref.vmmProcess()), spec.listener());
            return new QemuMachine(vmm, ref, qmp, control, Optional.empty());
        } catch (IOException | CancellationException e) {
            throw vmm.abandoned(started, e);
        }
    }

    private static Vmm vmm(String name, Path directory) {
        return new Vmm(name, "QEMU", directory, QemuArguments.SOCKETS);
    }

    private static Machine connect(Vmm vmm, MachineRef ref, Control.Listener listener) throws IOException {
        var process = ref.vmmProcess();
        var qmp = Qmp.begin(vmm.connect(QemuArguments.QMP_SOCKET, process));
        var control = Control.begin(vmm.connect(QemuArguments.CONTROL_SOCKET, process), listener);
        var streams = Mux.begin(vmm.connect(QemuArguments.STREAMS_SOCKET, process), control);
        return new QemuMachine(vmm, ref, qmp, control, Optional.of(streams));
    }
}
