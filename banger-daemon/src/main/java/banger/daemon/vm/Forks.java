package banger.daemon.vm;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.VmName;
import banger.daemon.DurableFiles;
import banger.daemon.engine.Memory;
import banger.daemon.engine.SealedMemory;
import banger.daemon.ops.Failpoint;
import banger.daemon.ops.Together;
import banger.daemon.ops.Undo;
import banger.daemon.progress.Progress;
import banger.daemon.snapshot.Snapshot;
import banger.daemon.snapshot.SnapshotStore;
import banger.daemon.vm.VmCapture.Captured;
import banger.daemon.vm.VmCapture.Content;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Copies of a VM with identities of their own, which go on from where it is. */
public final class Forks {
    private static final Logger LOG = LoggerFactory.getLogger(Forks.class);

    private static final int MOST = 64;
    private static final String SHARED = "shared";
    /** From here on it is worth one more load that they share what they were copied from. */
    private static final int SHARING = 3;

    private final SavedWorkspaces workspaces;
    private final SnapshotStore store;
    private final VmTable table;
    private final VmDisks disks;
    private final SshKeys keys;
    private final VmCapture capture;
    private final SealedMemory memories;
    private final VmLifecycle lifecycle;

    Forks(
            SavedWorkspaces workspaces,
            SnapshotStore store,
            VmTable table,
            VmDisks disks,
            SshKeys keys,
            VmCapture capture,
            SealedMemory memories,
            VmLifecycle lifecycle) {
        this.workspaces = workspaces;
        this.store = store;
        this.table = table;
        this.disks = disks;
        this.keys = keys;
        this.capture = capture;
        this.memories = memories;
        this.lifecycle = lifecycle;
    }

    /**
     * @param names of the copies: all of them are made, or none
     * @param nat whether they reach the network outside
     * @return the copies, running
     */
    public List<Vm> fork(Vm parent, List<VmName> names, boolean nat, Progress progress) {
        if (names.isEmpty() || names.size() > MOST)
            throw new BangerException(
                    ErrorCode.USAGE, "vm " + parent.name() + ": from 1 to " + MOST + " copies at a time");
        var id = parent.id().value();
        var staging = store.begin(id);
        try (var _ = disks.layers().store().hold();
                var undo = new Undo()) {
            long began = System.nanoTime();
            Vm now;
            Captured captured;
            try (var _ = lifecycle.locks().hold(parent.id())) {
                now = lifecycle.current(parent);
                captured = capture.into(staging, now, Content.MEMORY, progress);
            }
            Failpoint.FORK_CAPTURED.pass();
            if (now.nat() && !nat)
                progress.note("vm " + parent.name() + ": reaches the network outside, its copies do not (--nat)");
            progress.note("note: each copy has the secrets and sessions of vm " + parent.name() + " in its memory");
            var copies = new ArrayList<Vm>();
            for (var name : names) {
                var copy = reserve(now, name, nat);
                undo.add(() -> forget(copy));
                copies.add(copy);
            }
            Failpoint.FORK_RESERVED.pass();
            Together.each(copies, copy -> make(copy, now, staging, captured.frozen()));
            begin(copies, staging, captured, progress);
            Failpoint.FORK_CONTINUED.pass();
            undo.commit();
            long millis = (System.nanoTime() - began) / 1_000_000;
            for (var copy : copies)
                progress.done("vm " + copy.name(), "copy of " + parent.name() + ", ready in {took}", millis);
            return copies.stream().map(lifecycle::current).toList();
        } finally {
            store.abandon(id, staging);
        }
    }

    private Vm reserve(Vm parent, VmName name, boolean nat) {
        var machineId = new byte[16];
        new SecureRandom().nextBytes(machineId);
        return table.reserve(
                new VmTable.Draft(
                        VmId.fresh(),
                        parent.imageName(),
                        parent.imageDigest(),
                        parent.kernelName(),
                        parent.kernelDigest(),
                        parent.vcpu(),
                        parent.memoryMib(),
                        parent.diskBytes(),
                        parent.overlayBytes(),
                        nat,
                        parent.engine(),
                        HexFormat.of().formatHex(machineId),
                        false),
                Optional.of(name));
    }

    private void make(Vm copy, Vm parent, Path staging, Optional<VmLayers.Frozen> frozen) {
        try (var _ = lifecycle.locks().hold(copy.id())) {
            if (frozen.isPresent()) disks.makeOver(copy, frozen.get());
            else disks.makeOf(copy, staging.resolve(Snapshot.OVERLAY), staging.resolve(Snapshot.WORK));
            keys.makeHostKey(copy.id());
            // What became of it in the parent nobody has looked at.
            workspaces.copy(parent.id(), copy.id());
            if (!parent.workspace().isEmpty()) table.workspace(copy.id(), parent.workspace());
        }
    }

    private void begin(List<Vm> copies, Path staging, Captured captured, Progress progress) {
        if (captured.engine().isEmpty()) {
            Together.each(copies, copy -> {
                try (var _ = lifecycle.locks().hold(copy.id())) {
                    table.state(copy.id(), VmState.CREATED, "");
                    lifecycle.start(copy, true, Progress.NONE);
                }
            });
            return;
        }
        var own = new SavedMachine(staging, new Memory.Own(), captured.key());
        boolean sharing = copies.size() >= SHARING && !lifecycle.continuing().mapsSaved(copies.getFirst());
        var saved = sharing ? shared(copies.getFirst(), own, progress) : own;
        try {
            Together.each(copies, copy -> {
                try (var _ = lifecycle.locks().hold(copy.id())) {
                    table.state(copy.id(), VmState.CREATED, "");
                    lifecycle.begin(copy, () -> lifecycle.continuing().continueAs(copy, saved, progress));
                }
            });
        } finally {
            // Those that have it keep it; nobody else will come.
            if (saved.memory() instanceof Memory.Mapped mapped) memories.release(mapped.file());
        }
    }

    /** One memory for all of them; where that cannot be had, each loads its own. */
    private SavedMachine shared(Vm first, SavedMachine own, Progress progress) {
        progress.doing("vm " + first.name(), "loading the memory for all copies", 0, 0);
        try (var _ = lifecycle.locks().hold(first.id())) {
            var loaded = disks.captured(first);
            disks.makeShared(loaded);
            try {
                var saved = lifecycle.continuing().recorded(first, own, loaded);
                var kept = own.directory().resolve(SHARED);
                Files.move(loaded, kept, StandardCopyOption.ATOMIC_MOVE);
                return saved.in(kept);
            } catch (IOException e) {
                throw DurableFiles.failure(loaded, e);
            } finally {
                disks.removeShared(first, loaded);
            }
        } catch (BangerException e) {
            if (e.code() == ErrorCode.CANCELLED) throw e;
            LOG.warn("vm {}: the copies load their memory each for itself: {}", first.name(), e.fact(), e);
            return own;
        }
    }

    private void forget(Vm copy) {
        var found = table.find(copy.id());
        if (found.isEmpty()) return;
        lifecycle.delete(found.get(), OnUnpulled.DISCARD, Progress.NONE);
    }

    /** Names for copies: the prefix itself for one of them, else with a number that is free. */
    public List<VmName> names(Vm parent, Optional<String> prefix, int count) {
        if (prefix.isPresent() && count == 1) return List.of(new VmName(prefix.get()));
        var taken = table.all().stream().map(v -> v.name().value()).toList();
        var names = new ArrayList<VmName>();
        for (int n = 1; names.size() < count; n++) {
            var name = prefix.orElse(parent.name().value()) + "-" + n;
            if (!taken.contains(name)) names.add(new VmName(name));
        }
        return names;
    }
}
