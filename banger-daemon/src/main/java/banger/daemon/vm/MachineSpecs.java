package banger.daemon.vm;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.daemon.DurableFiles;
import banger.daemon.engine.BootSpec;
import banger.daemon.engine.Engines;
import banger.daemon.engine.Hypervisor;
import banger.daemon.engine.Machine;
import banger.daemon.engine.MachineRef;
import banger.daemon.progress.Progress;
import io.avaje.jsonb.Jsonb;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Optional;

/** Which engine a VM's machine needs and what it is made of, and the record of one that runs. */
final class MachineSpecs {
    private final VmDisks disks;
    private final Engines engines;

    MachineSpecs(VmDisks disks, Engines engines) {
        this.disks = disks;
        this.engines = engines;
    }

    /** A VM on layers is bound to an engine that can have them. */
    Hypervisor engine(Vm vm) {
        if (!disks.layers().of(vm.id()).layered()) return engines.select(vm.engine());
        var engine = engines.selectLayered(vm.engine());
        if (engine.traits().layers()) return engine;
        throw new BangerException(
                ErrorCode.ENGINE_UNAVAILABLE,
                "vm " + vm.name() + ": its disks are layers (qcow2), and engine " + vm.engine()
                        + " knows only raw files",
                "--engine qemu");
    }

    BootSpec spec(Vm vm, VmSources.BootFiles files, VmNetwork.Attachment attachment, RunningVm running) {
        // Of disks that they are not any more: nobody has them open now.
        disks.layers().settle(vm.id());
        return files.spec(vm, disks.directory(vm.id()).state(), attachment, running)
                .with(disks.layers().links(vm.id()))
                .on(disks.layers().of(vm.id()));
    }

    void record(Vm vm, MachineRef ref) {
        var json = Jsonb.instance().type(MachineRef.class).toJson(ref);
        DurableFiles.write(disks.directory(vm.id()).machine(), json.getBytes(StandardCharsets.UTF_8), "rw-------");
    }

    void forget(Vm vm) {
        try {
            Files.deleteIfExists(disks.directory(vm.id()).machine());
        } catch (IOException e) {
            throw DurableFiles.failure(disks.directory(vm.id()).machine(), e);
        }
    }

    static void warnUnconfined(Machine machine, Progress progress) {
        Optional.ofNullable(machine.ref().confinement())
                .filter(c -> c.startsWith("off"))
                .ifPresent(c -> progress.note("confinement: " + c + "; banger doctor"));
    }
}
