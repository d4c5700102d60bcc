package banger.daemon.engine.qemu;

import banger.api.Size;
import banger.daemon.engine.BootSpec;
import banger.daemon.engine.HostCpu;
import banger.daemon.engine.Hypervisor;
import banger.daemon.engine.Machine;
import banger.daemon.engine.MachineRef;
import banger.daemon.engine.Memory;
import banger.daemon.engine.SealedMemory;
import banger.daemon.engine.Shim;
import banger.daemon.engine.Traits;
import banger.daemon.engine.Vmm;
import banger.daemon.guest.Control;
import banger.daemon.guest.Mux;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** QEMU, with KVM or emulating. */
public final class QemuHypervisor implements Hypervisor {
    private final Path program;
    private final String version;
    private final Accelerator accelerator;
    private final Shim shim;
    private final SealedMemory memories;

    public QemuHypervisor(Path program, String version, Accelerator accelerator, Shim shim, SealedMemory memories) {
        this.memories = memories;
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
        if (!(spec.memory() instanceof Memory.Recorded)) return boot(spec, Optional.empty());
        var recording = recording(spec);
        try {
            return boot(spec, Optional.of(recording));
        } catch (RuntimeException e) {
            recording.close();
            throw e;
        }
    }

    private Machine boot(BootSpec spec, Optional<SealedMemory.Recording> recording) {
        var arguments = QemuArguments.of(program.toString(), accelerator, spec);
        return start(spec, recording.map(SealedMemory.Recording::place), arguments, (vmm, ref) -> {
            var qmp = Qmp.begin(vmm.connect(QemuArguments.QMP_SOCKET, ref.vmmProcess()));
            return connect(vmm, ref, qmp, spec.listener(), recording);
        });
    }

    private static SealedMemory.Recording recording(BootSpec spec) {
        try {
            return SealedMemory.recording(spec.memoryMib() * Size.MIB);
        } catch (IOException e) {
            throw vmm(spec.name(), spec.directory()).failed(String.valueOf(e.getMessage()), e);
        }
    }

    /** What is said to a fresh process. */
    private interface First {
        Machine connect(Vmm vmm, MachineRef ref) throws IOException;
    }

    private Machine start(BootSpec spec, Optional<SealedMemory.Place> memory, List<String> arguments, First first) {
        var vmm = vmm(spec.name(), spec.directory());
        vmm.removeLeftovers();
        return vmm.start(
                shim,
                spec,
                QemuSight.of(program, accelerator),
                memory,
                traits().label(),
                likeness(),
                arguments,
                ref -> Optional.of(first.connect(vmm, ref)));
    }

    private Optional<SealedMemory.Lease> mapped(BootSpec spec) {
        if (!(spec.memory() instanceof Memory.Mapped memory)) return Optional.empty();
        try {
            return Optional.of(memories.lease(memory.file()));
        } catch (IOException e) {
            throw vmm(spec.name(), spec.directory()).failed(String.valueOf(e.getMessage()), e);
        }
    }

    @Override
    public Optional<Machine> reattach(String name, Path directory, MachineRef ref, Control.Listener listener) {
        var vmm = vmm(name, directory);
        return vmm.findAgain(ref, r -> {
            var qmp = Qmp.begin(vmm.connect(QemuArguments.QMP_SOCKET, r.vmmProcess()));
            qmp.askWhetherStarved();
            return Optional.of(connect(vmm, r, qmp, listener, Optional.empty()));
        });
    }

    @Override
    public String likeness() {
        return version + ", machine " + QemuArguments.VERSION + ", " + accelerator.word() + " " + accelerator.cpu()
                + accelerator.commandLine() + ", cpu " + HostCpu.likeness();
    }

    @Override
    public Machine restore(BootSpec spec, Path saved) {
        var lease = mapped(spec);
        try {
            var machine = restore(spec, saved, lease.map(SealedMemory.Lease::place));
            // As long as it runs another one shares its pages.
            lease.ifPresent(l -> machine.exit().whenComplete((exit, error) -> l.close()));
            return machine;
        } catch (RuntimeException e) {
            lease.ifPresent(SealedMemory.Lease::close);
            throw e;
        }
    }

    private Machine restore(BootSpec spec, Path saved, Optional<SealedMemory.Place> memory) {
        var arguments = QemuArguments.incoming(program.toString(), accelerator, spec);
        return start(spec, memory, arguments, (vmm, ref) -> {
            var process = ref.vmmProcess();
            var qmp = Qmp.begin(vmm.connect(QemuArguments.QMP_SOCKET, process));
            QemuState.load(vmm, ref, qmp, saved, spec.memory());
            // Only now: a guest whose port was open all along would take this for the old conversation.
            var control = Control.begin(vmm.connect(QemuArguments.CONTROL_SOCKET, process), spec.listener());
            // Saved again, its memory is no file any more that others could map.
            return new QemuMachine(vmm, ref.resumed(), qmp, control, Optional.empty(), Optional.empty());
        });
    }

    private static Vmm vmm(String name, Path directory) {
        return new Vmm(name, "QEMU", directory, QemuArguments.SOCKETS, Vmm.PATIENCE);
    }

    private static Machine connect(
            Vmm vmm, MachineRef ref, Qmp qmp, Control.Listener listener, Optional<SealedMemory.Recording> recording)
            throws IOException {
        var process = ref.vmmProcess();
        var control = Control.begin(vmm.connect(QemuArguments.CONTROL_SOCKET, process), listener);
        var streams = Mux.begin(vmm.connect(QemuArguments.STREAMS_SOCKET, process), control);
        return new QemuMachine(vmm, ref, qmp, control, Optional.of(streams), recording);
    }
}
