package banger.daemon.api;

import banger.api.model.VmInfo;
import banger.api.model.WorkspaceInfo;
import banger.daemon.engine.MachineRef;
import banger.daemon.vm.Machines;
import banger.daemon.vm.Vm;
import banger.daemon.vm.VmDisks;
import banger.daemon.vm.VmState;
import banger.daemon.vm.VmTable;
import io.avaje.jsonb.Jsonb;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** VMs as they are shown: what they should be together with what runs. */
public final class VmViews {
    private final VmTable table;
    private final Machines machines;
    private final VmDisks disks;
    private final boolean checkpoints;

    /** @param checkpoints whether clients are to keep the disks before each command */
    public VmViews(VmTable table, Machines machines, VmDisks disks, boolean checkpoints) {
        this.table = table;
        this.machines = machines;
        this.disks = disks;
        this.checkpoints = checkpoints;
    }

    boolean checkpoints() {
        return checkpoints;
    }

    /** Running first, then the newest. */
    public List<VmInfo> all() {
        return table.all().stream()
                .filter(v -> v.state() != VmState.CREATING && v.state() != VmState.DELETING)
                .sorted(Comparator.comparing((Vm v) -> v.state() != VmState.RUNNING)
                        .thenComparing(Comparator.comparing(Vm::createdAt).reversed()))
                .map(this::of)
                .toList();
    }

    public VmInfo of(Vm vm) {
        var ref = machines.find(vm.id()).isPresent() ? recorded(vm) : Optional.<MachineRef>empty();
        return new VmInfo(
                vm.id().value(),
                vm.name().value(),
                vm.state().word(),
                vm.lastError(),
                vm.imageName(),
                vm.imageDigest(),
                vm.kernelName(),
                vm.kernelDigest(),
                vm.address(),
                vm.vcpu(),
                vm.memoryMib(),
                vm.diskBytes(),
                vm.overlayBytes(),
                disks.used(vm.id()),
                vm.nat(),
                checkpoints,
                ref.map(MachineRef::engine).orElse(vm.engine()),
                ref.map(MachineRef::network).orElse(""),
                ref.flatMap(r -> Optional.ofNullable(r.confinement())).orElse(""),
                ref.map(MachineRef::boot).orElse(""),
                ref.map(MachineRef::readyMillis).orElse(0L),
                disks.layers().shown(vm.id()).orElse(""),
                workspace(vm).orElse(null),
                vm.createdAt().toString(),
                ref.map(r -> (int) r.vmmProcess().pid()).orElse(0));
    }

    /** The workspace that was prepared last. */
    static Optional<WorkspaceInfo> workspace(Vm vm) {
        if (vm.workspace().isEmpty()) return Optional.empty();
        return Optional.of(Jsonb.instance().type(WorkspaceInfo.class).fromJson(vm.workspace()));
    }

    private Optional<MachineRef> recorded(Vm vm) {
        try {
            return Optional.of(Jsonb.instance()
                    .type(MachineRef.class)
                    .fromJson(Files.readString(disks.directory(vm.id()).machine())));
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
