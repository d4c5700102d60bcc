package banger.daemon.vm;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Layout;
import banger.api.VmName;
import banger.daemon.DurableFiles;
import banger.daemon.ops.Failpoint;
import banger.daemon.ops.Undo;
import banger.daemon.progress.Progress;
import banger.daemon.snapshot.Snapshot;
import banger.daemon.snapshot.SnapshotStore;
import banger.daemon.vm.VmCapture.Captured;
import banger.daemon.vm.VmCapture.Content;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Copies of a VM with identities of their own, which go on from where it is. */
public final class Forks {
    private static final int MOST = 64;

    private final Layout layout;
    private final SnapshotStore store;
    private final VmTable table;
    private final VmDisks disks;
    private final SshKeys keys;
    private final VmCapture capture;
    private final VmLifecycle lifecycle;

    Forks(
            Layout layout,
            SnapshotStore store,
            VmTable table,
            VmDisks disks,
            SshKeys keys,
            VmCapture capture,
            VmLifecycle lifecycle) {
        this.layout = layout;
        this.store = store;
        this.table = table;
        this.disks = disks;
        this.keys = keys;
        this.capture = capture;
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
        try (var undo = new Undo()) {
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
            each(copies, copy -> {
                begin(copy, now, staging, captured, progress);
                return null;
            });
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

    private void begin(Vm copy, Vm parent, Path staging, Captured captured, Progress progress) {
        try (var _ = lifecycle.locks().hold(copy.id())) {
            disks.makeOf(copy, staging.resolve(Snapshot.OVERLAY), staging.resolve(Snapshot.WORK));
            keys.makeHostKey(copy.id());
            copyWorkspaces(parent, copy);
            if (!parent.workspace().isEmpty()) table.workspace(copy.id(), parent.workspace());
            table.state(copy.id(), VmState.CREATED, "");
            if (captured.engine().isEmpty()) lifecycle.start(copy, true, Progress.NONE);
            else lifecycle.begin(copy, () -> lifecycle.starter().continueAs(copy, staging, captured.key(), progress));
        }
    }

    /** What was delivered to the parent is in the copy too; what became of it there nobody has looked at. */
    private void copyWorkspaces(Vm parent, Vm copy) {
        var from = layout.workspaces().resolve(parent.id().value());
        if (!Files.isDirectory(from)) return;
        var to = layout.workspaces().resolve(copy.id().value());
        try (var all = Files.walk(from)) {
            for (var path : all.toList()) {
                var target = to.resolve(from.relativize(path).toString());
                if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) DurableFiles.directories(target);
                else Files.copy(path, target, StandardCopyOption.COPY_ATTRIBUTES, LinkOption.NOFOLLOW_LINKS);
            }
        } catch (IOException e) {
            throw DurableFiles.failure(to, e);
        }
    }

    private void forget(Vm copy) {
        var found = table.find(copy.id());
        if (found.isEmpty()) return;
        lifecycle.delete(found.get(), OnUnpulled.DISCARD, Progress.NONE);
    }

    private interface Each {
        Void of(Vm vm) throws Exception;
    }

    private static void each(List<Vm> vms, Each each) {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var running = new ArrayList<Future<Void>>();
            for (var vm : vms) running.add(threads.submit((Callable<Void>) () -> each.of(vm)));
            for (var one : running) one.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BangerException(ErrorCode.CANCELLED, "cancelled").because(e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException told ? told : new IllegalStateException(e);
        }
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
