package banger.daemon.vm;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Printable;
import banger.api.Size;
import banger.daemon.DurableFiles;
import banger.daemon.config.Settings;
import banger.daemon.disk.DiskChains;
import banger.daemon.disk.SparseFiles;
import banger.daemon.engine.Engines;
import banger.daemon.engine.Machine;
import banger.daemon.guest.Sleep;
import banger.daemon.ops.Apart;
import banger.daemon.ops.Both;
import banger.daemon.ops.Failpoint;
import banger.daemon.ops.Laps;
import banger.daemon.progress.Progress;
import banger.daemon.snapshot.Snapshot;
import banger.daemon.vm.VmLayers.Frozen;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies what a VM is at one moment, memory and disks that belong together, and lets it run on. The caller holds its
 * lock.
 */
final class VmCapture {
    private static final Logger LOG = LoggerFactory.getLogger(VmCapture.class);

    private static final Duration INIT_WITHIN = Duration.ofSeconds(15);

    private final VmSources sources;
    private final VmDisks disks;
    private final Machines machines;
    private final Engines engines;
    private final Settings settings;

    VmCapture(VmSources sources, VmDisks disks, Machines machines, Engines engines, Settings settings) {
        this.sources = sources;
        this.disks = disks;
        this.machines = machines;
        this.engines = engines;
        this.settings = settings;
    }

    /** How much of a VM that runs. */
    enum Content {
        /** Its memory too; the streams of its guest end. */
        MEMORY,
        /** Consistent, as after a clean stop. */
        DISKS
    }

    /**
     * What was captured.
     *
     * @param engine the label of the one that saved the memory; empty without memory
     * @param pauseMillis how long it stood still
     * @param frozen what its disks were, where they are layers: then the directory has none
     */
    record Captured(String engine, Map<String, String> key, long pauseMillis, Optional<Frozen> frozen) {}

    /**
     * Fills a directory with {@code vdb}, {@code vdc}, unless they are layers now, and what the engine saves where the memory is
     * wanted. The caller holds layers until something names them.
     *
     * @throws BangerException when it cannot be done; the VM runs on
     */
    Captured into(Path directory, Vm vm, Content content, Progress progress) {
        refuseAsleep(vm);
        var running = machines.find(vm.id());
        var layered = layered(vm, running);
        if (running.isEmpty()) {
            room(vm, 0, layered);
            if (layered) return new Captured("", Map.of(), 0, Optional.of(stopped(vm)));
            copyDisks(vm, directory);
            return new Captured("", Map.of(), 0, Optional.empty());
        }
        try {
            var captured = content == Content.MEMORY
                    ? withMemory(directory, vm, running.get(), layered, progress)
                    : disksOf(directory, vm, running.get(), layered);
            if (layered) {
                disks.layers().settle(vm.id());
                disks.layers().flattening().begin(vm, running.get());
            }
            return captured;
        } catch (BangerException e) {
            if (layered) settled(vm, e);
            throw e;
        }
    }

    /** There may be new files that nobody writes to, or layers that somebody could. */
    private void settled(Vm vm, BangerException cause) {
        try {
            disks.layers().settle(vm.id());
        } catch (BangerException e) {
            cause.addSuppressed(e);
        }
    }

    /** Whether its disks become layers, and nothing is copied. */
    private boolean layered(Vm vm, Optional<RunningVm> running) {
        // Its disks are to become an environment's.
        if (running.flatMap(RunningVm::pending).isPresent()) return false;
        if (!disks.layers().wanted(vm, can(vm, running))) return false;
        disks.layers().refuseDamaged(vm);
        disks.settling().now(vm.id());
        if (disks.settling().of(vm.id()) == Settling.Progress.WRITTEN) return true;
        throw new BangerException(
                ErrorCode.VM_SAVE_FAILED,
                "vm " + vm.name() + ": its disks are not on the disk of this host yet",
                "banger daemon logs; then again");
    }

    private boolean can(Vm vm, Optional<RunningVm> running) {
        try {
            var engine = running.isPresent()
                    ? engines.byLabel(running.get().machine().ref().engine())
                    : engines.select(vm.engine());
            return engine.traits().layers();
        } catch (BangerException e) {
            LOG.info("vm {}: its disks are copied, because {}", vm.name(), e.fact());
            return false;
        }
    }

    private Frozen stopped(Vm vm) {
        var layers = disks.layers();
        var below = layers.untouched(vm);
        if (below.isPresent()) return below.get();
        var frozen = Frozen.below(layers.freeze(vm, layers.tops(vm, false)));
        Failpoint.LAYERS_FROZEN.pass();
        layers.settle(vm.id());
        return frozen;
    }

    /** Has a VM that stands still go on in new files. When this fails it goes on in the old ones, or has ended. */
    private Frozen stacked(Vm vm, RunningVm running, DiskChains tops) {
        var was = disks.layers().of(vm.id());
        var flat = flattened(vm, running, was);
        var is = disks.layers().freeze(vm, tops);
        Failpoint.LAYERS_FROZEN.pass();
        try {
            running.machine().stack(is);
        } catch (IOException e) {
            notStacked(vm, running, was, is, e);
        }
        Failpoint.LAYERS_STACKED.pass();
        // The machine has written all of its old files when it has new ones: only now they stand for what was below
        // them.
        return Frozen.below(disks.layers().flattening().shorten(vm, is, flat));
    }

    private DiskChains tops(Vm vm, RunningVm running) {
        return disks.layers().tops(vm, disks.layers().flattening().awaitFlat(vm, running));
    }

    private static Set<String> flattened(Vm vm, RunningVm running, DiskChains was) {
        try {
            return running.machine().flattened(was);
        } catch (IOException e) {
            throw failed(vm, "does not say what its disks are on", e);
        }
    }

    private void notStacked(Vm vm, RunningVm running, DiskChains was, DiskChains is, IOException why) {
        try {
            if (running.machine().stacked(is)) return;
            disks.layers().thaw(vm, was, is);
        } catch (IOException | RuntimeException e) {
            // What is written down and what it does may differ: it must not go on. Its disks are whole.
            why.addSuppressed(e);
            running.machine().kill();
        }
        throw failed(vm, "could not begin new files for its disks", why);
    }

    private static void refuseAsleep(Vm vm) {
        if (vm.state() != VmState.PAUSED && vm.state() != VmState.SUSPENDED) return;
        throw new BangerException(
                ErrorCode.VM_NOT_RUNNING,
                "vm " + vm.name() + ": is " + vm.state().word() + "; it is copied while it runs, or is stopped",
                "banger vm resume " + vm.name());
    }

    private Captured withMemory(Path directory, Vm vm, RunningVm running, boolean layered, Progress progress) {
        running.refuseWhilePending("copied with its memory");
        room(vm, vm.memoryMib() * Size.MIB, layered);
        var ref = running.machine().ref();
        var likeness = Optional.ofNullable(ref.likeness()).orElse("unknown");
        var key = VmSuspend.key(vm, sources.files(vm), likeness, !ref.network().startsWith("off"));
        var saved = disks.captured(vm);
        progress.doing("vm " + vm.name(), "copying its memory", 0, 0);
        // A copy's own hostname would be overwritten by what an init in its first moments has read.
        running.agent().awaitInit(INIT_WITHIN);
        running.agent().sync(false, settings.stopTimeout());
        disks.makeShared(saved);
        var tops = layered ? Optional.of(tops(vm, running)) : Optional.<DiskChains>empty();
        var copied = Apart.run(cancelled -> copy(directory, vm, running, saved, tops, cancelled));
        return new Captured(ref.engine(), key, copied.pauseMillis(), copied.frozen());
    }

    private record Copied(long pauseMillis, Optional<Frozen> frozen) {}

    private Copied copy(
            Path directory,
            Vm vm,
            RunningVm running,
            Path saved,
            Optional<DiskChains> tops,
            BooleanSupplier cancelled) {
        var frozen = Optional.<Frozen>empty();
        var laps = new Laps();
        long began = 0;
        boolean prepared = false;
        try (var saving = running.machine().saveLive(saved, cancelled)) {
            laps.end("live");
            Failpoint.SNAPSHOT_LIVE.pass();
            // What was written meanwhile: it would be written while it is frozen.
            running.agent().sync(false, settings.stopTimeout());
            laps.end("sync");
            if (cancelled.getAsBoolean()) throw new BangerException(ErrorCode.CANCELLED, "cancelled");
            prepared = true;
            began = System.nanoTime();
            Sleep.prepare(running.machine().control());
            laps.end("freeze");
            // Frozen, its disks do not change any more.
            if (tops.isPresent()) {
                running.machine().pause();
                frozen = Optional.of(stacked(vm, running, tops.get()));
                laps.end("layers");
                saving.finish();
            } else Both.of(() -> copiedDisks(vm, directory), () -> finished(saving));
            laps.end("rest");
        } catch (UncheckedIOException e) {
            throw runsOn(vm, running, saved, prepared, Objects.requireNonNull(e.getCause()));
        } catch (IOException | BangerException e) {
            // Not told of anything, it keeps its streams.
            throw runsOn(vm, running, saved, prepared, e);
        }
        Failpoint.SNAPSHOT_COPIED.pass();
        var pause = wake(vm, running, began);
        laps.end("wake");
        LOG.info("vm {}: copied after {}", vm.name(), laps);
        try {
            try (var files = Files.list(saved)) {
                for (var file : files.toList())
                    Files.move(file, directory.resolve(file.getFileName()), StandardCopyOption.ATOMIC_MOVE);
            }
            disks.removeShared(vm, saved);
        } catch (IOException e) {
            throw DurableFiles.failure(saved, e);
        }
        return new Copied(pause, frozen);
    }

    private boolean copiedDisks(Vm vm, Path directory) {
        copyDisks(vm, directory);
        return true;
    }

    private static boolean finished(Machine.Saving saving) {
        try {
            saving.finish();
            return true;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Captured disksOf(Path directory, Vm vm, RunningVm running, boolean layered) {
        room(vm, 0, layered);
        var tops = layered ? Optional.of(tops(vm, running)) : Optional.<DiskChains>empty();
        var frozen = Optional.<Frozen>empty();
        // The next daemon lets it run on when this one does not.
        disks.makeShared(disks.captured(vm));
        long began = System.nanoTime();
        try {
            running.agent().sync(true, settings.stopTimeout());
            // It would thaw by itself after a while; it does not notice time that it does not run.
            running.machine().pause();
            if (tops.isPresent()) frozen = Optional.of(stacked(vm, running, tops.get()));
            else copyDisks(vm, directory);
        } catch (IOException | BangerException e) {
            throw thawed(vm, running, e);
        }
        Failpoint.SNAPSHOT_COPIED.pass();
        try {
            thaw(vm, running);
        } catch (IOException e) {
            throw failed(vm, "does not answer any more", e);
        }
        return new Captured("", Map.of(), (System.nanoTime() - began) / 1_000_000, frozen);
    }

    private void thaw(Vm vm, RunningVm running) throws IOException {
        running.machine().unpause();
        Sleep.wake(running.machine().control(), Sleep.Kind.CONTINUE);
        disks.removeShared(vm, disks.captured(vm));
    }

    private BangerException thawed(Vm vm, RunningVm running, Exception cause) {
        try {
            thaw(vm, running);
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
        return cause instanceof BangerException told ? told : failed(vm, "could not be copied", (IOException) cause);
    }

    /** Lets a VM run on that a daemon which ended was copying. */
    void takeUp(Vm vm, RunningVm running) throws IOException {
        if (!Files.exists(disks.captured(vm))) return;
        var now = disks.layers().of(vm.id());
        // What is written down holds: it may not have been told yet, and there is nothing in the new files.
        if (now.layered()) running.machine().stack(now);
        running.machine().unpause();
        running.machine().wake(Sleep.Kind.CONTINUE);
        disks.removeShared(vm, disks.captured(vm));
    }

    private static long wake(Vm vm, RunningVm running, long began) {
        try {
            running.machine().wake(Sleep.Kind.CONTINUE);
            return (System.nanoTime() - began) / 1_000_000;
        } catch (IOException e) {
            throw failed(vm, "does not answer any more", e);
        }
    }

    private BangerException runsOn(Vm vm, RunningVm running, Path saved, boolean prepared, Exception cause) {
        disks.removeShared(vm, saved);
        try {
            if (prepared) running.machine().wake(Sleep.Kind.CONTINUE);
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
        return cause instanceof BangerException told ? told : failed(vm, "could not be copied", (IOException) cause);
    }

    private static BangerException failed(Vm vm, String what, IOException e) {
        boolean full = String.valueOf(e.getMessage()).contains("No space left");
        return new BangerException(
                        full ? ErrorCode.HOST_DISK_FULL : ErrorCode.VM_SAVE_FAILED,
                        "vm " + vm.name() + ": " + what + ": " + Printable.line(String.valueOf(e.getMessage())),
                        full ? "make room, then again" : "banger vm restart " + vm.name())
                .because(e);
    }

    private void copyDisks(Vm vm, Path directory) {
        var from = disks.directory(vm.id());
        try {
            // The VM stands still for this: a snapshot is synced when it is published, copies when they are made.
            SparseFiles.copyVolatile(from.overlay(), directory.resolve(Snapshot.OVERLAY), vm.overlayBytes());
            SparseFiles.copyVolatile(from.workDisk(), directory.resolve(Snapshot.WORK), vm.diskBytes());
        } catch (IOException e) {
            throw DurableFiles.failure(directory, e);
        }
    }

    private void room(Vm vm, long memory, boolean layered) {
        var what = "vm " + vm.name() + ": a copy";
        var prunes = "banger snapshot rm and banger vm prune";
        if (layered) disks.requireRoomFor(vm, memory + Size.MIB, what, prunes);
        else disks.requireRoom(vm, memory, what, prunes);
    }
}
