package banger.daemon.vm;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Size;
import banger.daemon.DurableFiles;
import banger.daemon.disk.SparseFiles;
import banger.daemon.ops.Failpoint;
import banger.daemon.progress.Progress;
import banger.daemon.snapshot.Snapshot;
import banger.daemon.snapshot.Snapshot.Kind;
import banger.daemon.snapshot.SnapshotStore;
import banger.daemon.vm.VmCapture.Content;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;

/** Takes snapshots of VMs and puts VMs back to them. */
public final class Snapshots {
    /** Of those that are made by themselves, the oldest go beyond this many. */
    private static final int MOST_BEFORE_RESTORE = 3;

    private static final int MOST_CHECKPOINTS = 50;

    private final SnapshotStore store;
    private final VmTable table;
    private final VmDisks disks;
    private final Machines machines;
    private final VmCapture capture;
    private final long budget;
    private final VmLifecycle lifecycle;

    /** @param budget bytes that what is kept of one VM without being asked for may take */
    Snapshots(
            SnapshotStore store,
            VmTable table,
            VmDisks disks,
            Machines machines,
            VmCapture capture,
            long budget,
            VmLifecycle lifecycle) {
        this.store = store;
        this.table = table;
        this.disks = disks;
        this.machines = machines;
        this.capture = capture;
        this.budget = budget;
        this.lifecycle = lifecycle;
    }

    /**
     * What a VM is now: with its memory when it runs and that is wanted, else its disks.
     *
     * @param label for people, may be empty
     */
    public Snapshot take(Vm vm, Kind kind, String label, boolean memory, Progress progress) {
        try (var _ = lifecycle.locks().hold(vm.id())) {
            return taken(lifecycle.current(vm), kind, label, memory ? Content.MEMORY : Content.DISKS, progress);
        }
    }

    private Snapshot taken(Vm vm, Kind kind, String label, Content content, Progress progress) {
        long began = System.nanoTime();
        var id = vm.id().value();
        var staging = store.begin(id);
        try (var _ = disks.layers().store().hold()) {
            var captured = capture.into(staging, vm, content, progress);
            var snapshot = store.publish(
                    id,
                    staging,
                    captured.frozen().map(f -> f.disks(disks.layers().sealed(vm, f))),
                    n -> new Snapshot.Manifest(
                            n.format(),
                            id,
                            n.number(),
                            kind,
                            label,
                            Instant.now().toString(),
                            captured.engine(),
                            captured.key(),
                            vm.workspace(),
                            n.parts(),
                            n.disks()));
            Failpoint.SNAPSHOT_PUBLISHED.pass();
            // The one that it is put back to may be the oldest: then that comes first.
            if (kind != Kind.BEFORE_RESTORE) bound(id);
            if (kind == Kind.ASKED)
                progress.done(
                        "snapshot " + vm.name() + " " + snapshot.number(),
                        (snapshot.hasMemory() ? "memory and disks" : "disks") + " in {took}, "
                                + Size.human(snapshot.allocated())
                                + (captured.pauseMillis() > 0
                                        ? "; it stood still for " + captured.pauseMillis() + " ms"
                                        : ""),
                        (System.nanoTime() - began) / 1_000_000);
            return snapshot;
        } finally {
            store.abandon(id, staging);
        }
    }

    /** Nobody asked for them: the oldest go, the latest stays. */
    private void bound(String id) {
        var counts = new EnumMap<Kind, Integer>(Kind.class);
        long bytes = 0;
        for (var snapshot : store.list(id).reversed()) {
            var kind = snapshot.manifest().kind();
            if (kind == Kind.ASKED) continue;
            bytes += snapshot.allocated();
            int count = counts.merge(kind, 1, Integer::sum);
            boolean many = count > (kind == Kind.CHECKPOINT ? MOST_CHECKPOINTS : MOST_BEFORE_RESTORE);
            boolean big = bytes > budget && bytes > snapshot.allocated();
            if (many || big) store.remove(id, snapshot);
        }
        disks.layers().store().sweep();
    }

    /** In the order they were made. */
    public List<Snapshot> list(Vm vm) {
        return store.list(vm.id().value());
    }

    /**
     * Damaged or not: to be removed.
     *
     * @throws BangerException {@code snapshot.not-found}
     */
    public Snapshot find(Vm vm, String reference) {
        return store.find(vm.id().value(), vm.name().value(), reference);
    }

    /** @throws BangerException {@code snapshot.not-found}, {@code snapshot.damaged} */
    public Snapshot require(Vm vm, String reference) {
        var found = store.require(vm.id().value(), vm.name().value(), reference);
        if (found.layers().isEmpty()) return found;
        var damage = disks.layers().damage(frozen(found));
        if (damage.isEmpty()) return found;
        throw new BangerException(
                ErrorCode.SNAPSHOT_DAMAGED,
                "vm " + vm.name() + ": snapshot " + found.number() + " is damaged (" + damage + ")",
                "banger snapshot rm " + vm.name() + " " + found.number());
    }

    private static VmLayers.Frozen frozen(Snapshot snapshot) {
        return VmLayers.Frozen.of(snapshot.layers().orElseThrow());
    }

    public void remove(Vm vm, Snapshot snapshot) {
        try (var _ = lifecycle.locks().hold(vm.id())) {
            store.remove(vm.id().value(), snapshot);
            disks.layers().store().sweep();
        }
    }

    /**
     * Puts a VM back to a snapshot. What it was before is kept as a snapshot of its disks; a VM that ran, runs
     * afterwards: from the snapshot's memory, or booted where it has none.
     */
    public Vm restore(Vm vm, Snapshot snapshot, Progress progress) {
        try (var _ = lifecycle.locks().hold(vm.id());
                var _ = disks.layers().store().hold()) {
            var now = lifecycle.current(vm);
            boolean ran = machines.find(vm.id()).isPresent();
            if (now.state() != VmState.PAUSED && now.state() != VmState.SUSPENDED)
                taken(now, Kind.BEFORE_RESTORE, "before " + name(snapshot), Content.DISKS, progress);
            machines.find(vm.id()).ifPresent(running -> lifecycle.stopper().kill(now, running));
            disks.saved(now).discard();
            begin(now, snapshot.number());
            Failpoint.RESTORE_INTENT.pass();
            replace(now, snapshot);
            if (snapshot.hasMemory()) keepMemory(now, snapshot);
            end(now);
            bound(vm.id().value());
            table.workspace(vm.id(), snapshot.manifest().workspace());
            table.state(vm.id(), snapshot.hasMemory() ? VmState.SUSPENDED : VmState.STOPPED, "");
            progress.note("vm " + vm.name() + ": put back to " + name(snapshot));
            if (snapshot.hasMemory() || ran) return lifecycle.start(now, false, progress);
            return lifecycle.current(now);
        }
    }

    private static String name(Snapshot snapshot) {
        var label = snapshot.manifest().label();
        return "snapshot " + snapshot.number() + (label.isEmpty() ? "" : " (" + label + ")");
    }

    private Path marker(Vm vm) {
        return disks.restoreMarker(vm);
    }

    /** From here on its disks are the snapshot's, or will be. */
    private void begin(Vm vm, int number) {
        DurableFiles.write(marker(vm), Integer.toString(number).getBytes(StandardCharsets.US_ASCII), "rw-------");
    }

    private void end(Vm vm) {
        try {
            Files.deleteIfExists(marker(vm));
            DurableFiles.syncDirectory(disks.directory(vm.id()).state());
        } catch (IOException e) {
            throw DurableFiles.failure(marker(vm), e);
        }
    }

    /** Both disks; a crash between them is mended by {@link #finish}. */
    private void replace(Vm vm, Snapshot snapshot) {
        if (snapshot.layers().isPresent()) {
            disks.layers().begin(vm, frozen(snapshot));
            Failpoint.RESTORE_COPIED.pass();
            Failpoint.RESTORE_REPLACED.pass();
            return;
        }
        var directory = disks.directory(vm.id());
        put(snapshot.overlay(), directory.overlay(), vm.overlayBytes());
        Failpoint.RESTORE_COPIED.pass();
        put(snapshot.work(), directory.workDisk(), vm.diskBytes());
        disks.layers().forget(vm.id());
        Failpoint.RESTORE_REPLACED.pass();
    }

    private void put(Path source, Path target, long size) {
        var fresh = target.resolveSibling(target.getFileName() + ".new");
        try {
            Files.deleteIfExists(fresh);
            SparseFiles.copy(source, fresh, size);
            disks.give(fresh);
            Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw DurableFiles.failure(target, e);
        }
    }

    /** The memory as that of a suspended VM: it is used once, and the snapshot stays as it is. */
    private void keepMemory(Vm vm, Snapshot snapshot) {
        var saved = disks.saved(vm);
        try {
            var directory = saved.begin();
            for (var part : snapshot.memoryParts()) {
                var file = snapshot.directory().resolve(part);
                SparseFiles.copy(file, directory.resolve(part), Files.size(file));
                disks.give(directory.resolve(part));
            }
            saved.publish(snapshot.manifest().engine(), snapshot.manifest().key());
        } catch (IOException e) {
            throw DurableFiles.failure(saved.path(), e);
        }
    }

    /** Ends what a daemon began and did not end: the VM is put back, and stopped. */
    void finish(Vm vm) {
        if (!Files.exists(marker(vm))) return;
        try {
            var number = Files.readString(marker(vm)).strip();
            replace(vm, require(vm, number));
            end(vm);
        } catch (IOException e) {
            throw DurableFiles.failure(marker(vm), e);
        }
    }

    /** Lets a VM run on that a daemon which ended was copying. */
    void takeUp(Vm vm, RunningVm running) throws IOException {
        capture.takeUp(vm, running);
    }

    /** Removes what a daemon that ended left unfinished. */
    void sweep() {
        store.sweep(id -> id.matches("[0-9a-f]{12}") && table.find(new VmId(id)).isPresent());
    }
}
