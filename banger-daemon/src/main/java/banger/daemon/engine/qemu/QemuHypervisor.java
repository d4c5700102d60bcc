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
        return new Traits("qemu/" + accelerator.word(), accelerator == Accelerator.KVM, false, true);
    }

    @Override
    public Machine boot(BootSpec spec) {
        return spec.memory() instanceof Memory.Recorded
                ? recording(spec, r -> boot(spec, Optional.of(r)))
                : boot(spec, Optional.empty());
    }

    private Machine boot(BootSpec spec, Optional<SealedMemory.Recording> recording) {
        var arguments = QemuArguments.of(program.toString(), accelerator, spec);
        return start(spec, recording.map(SealedMemory.Recording::place), arguments, (vmm, ref) -> {
            var qmp = Qmp.begin(vmm.connect(QemuArguments.QMP_SOCKET, ref.vmmProcess()));
            return connect(vmm, ref, qmp, spec.listener(), recording);
        });
    }

    private interface OnRecording {
        Machine start(SealedMemory.Recording recording);
    }

    private static Machine recording(BootSpec spec, OnRecording machine) {
        SealedMemory.Recording recording;
        try {
            recording = SealedMemory.recording(spec.memoryMib() * Size.MIB);
        } catch (IOException e) {
            throw vmm(spec.name(), spec.directory()).failed(String.valueOf(e.getMessage()), e);
        }
        try {
            return machine.start(recording);
        } catch (RuntimeException e) {
            recording.close();
            throw e;
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

    @Override
    public Optional<Machine> reattach(String name, Path directory, MachineRef ref, Control.Listener listener) {
        var vmm = vmm(name, directory);
        return vmm.findAgain(ref, r -> {
            var qmp = Qmp.begin(vmm.connect(QemuArguments.QMP_SOCKET, r.vmmProcess()));
            qmp.askWhetherStarved();
            // A daemon that ended may have been saving it.
            QemuState.cancel(qmp);
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
        return switch (spec.memory()) {
            case Memory.Own _ -> restore(spec, saved, Optional.empty(), Optional.empty());
            case Memory.Recorded _ ->
                recording(spec, r -> restore(spec, saved, Optional.of(r.place()), Optional.of(r)));
            case Memory.Mapped memory -> mapped(spec, saved, memory);
        };
    }

    private Machine mapped(BootSpec spec, Path saved, Memory.Mapped memory) {
        SealedMemory.Lease lease;
        try {
            lease = memories.lease(memory.file());
        } catch (IOException e) {
            throw vmm(spec.name(), spec.directory()).failed(String.valueOf(e.getMessage()), e);
        }
        try {
            // Saved again, its memory is no file any more that others could map.
            var machine = restore(spec, saved, Optional.of(lease.place()), Optional.empty());
            // As long as it runs another one shares its pages.
            machine.exit().whenComplete((exit, error) -> lease.close());
            return machine;
        } catch (RuntimeException e) {
            lease.close();
            throw e;
        }
    }

    private Machine restore(
            BootSpec spec,
            Path saved,
            Optional<SealedMemory.Place> memory,
            Optional<SealedMemory.Recording> recording) {
        var arguments = QemuArguments.incoming(program.toString(), accelerator, spec);
        return start(spec, memory, arguments, (vmm, ref) -> {
            var process = ref.vmmProcess();
            var qmp = Qmp.begin(vmm.connect(QemuArguments.QMP_SOCKET, process));
            QemuState.load(vmm, ref, qmp, saved, spec);
            // Only now: a guest whose port was open all along would take this for the old conversation.
            var control = Control.begin(vmm.connect(QemuArguments.CONTROL_SOCKET, process), spec.listener());
            return new QemuMachine(vmm, ref.resumed(), qmp, accelerator, control, Optional.empty(), recording);
        });
    }

    private static Vmm vmm(String name, Path directory) {
        return new Vmm(name, "QEMU", directory, QemuArguments.SOCKETS, Vmm.PATIENCE, Optional.empty());
    }

    private Machine connect(
            Vmm vmm, MachineRef ref, Qmp qmp, Control.Listener listener, Optional<SealedMemory.Recording> recording)
            throws IOException {
        var process = ref.vmmProcess();
        var control = Control.begin(vmm.connect(QemuArguments.CONTROL_SOCKET, process), listener);
        var streams = Mux.begin(vmm.connect(QemuArguments.STREAMS_SOCKET, process), control);
        return new QemuMachine(vmm, ref, qmp, accelerator, control, Optional.of(streams), recording);
    }
}
