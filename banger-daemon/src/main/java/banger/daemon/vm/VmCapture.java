package banger.daemon.vm;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Printable;
import banger.api.Size;
import banger.daemon.DurableFiles;
import banger.daemon.config.Settings;
import banger.daemon.disk.SparseFiles;
import banger.daemon.guest.Sleep;
import banger.daemon.ops.Failpoint;
import banger.daemon.progress.Progress;
import banger.daemon.snapshot.Snapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * Copies what a VM is at one moment, memory and disks that belong together, and lets it run on. The caller holds its
 * lock.
 */
final class VmCapture {
    private static final Duration INIT_WITHIN = Duration.ofSeconds(15);

    private final VmSources sources;
    private final VmDisks disks;
    private final Machines machines;
    private final Settings settings;

    VmCapture(VmSources sources, VmDisks disks, Machines machines, Settings settings) {
        this.sources = sources;
        this.disks = disks;
        this.machines = machines;
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
     */
    record Captured(String engine, Map<String, String> key, long pauseMillis) {}

    /**
     * Fills a directory with {@code vdb}, {@code vdc}, and what the engine saves where the memory is wanted.
     *
     * @throws BangerException when it cannot be done; the VM runs on
     */
    Captured into(Path directory, Vm vm, Content content, Progress progress) {
        refuseAsleep(vm);
        var running = machines.find(vm.id());
        if (running.isEmpty()) {
            room(vm, 0);
            copyDisks(vm, directory);
            return new Captured("", Map.of(), 0);
        }
        return content == Content.MEMORY
                ? withMemory(directory, vm, running.get(), progress)
                : disksOf(directory, vm, running.get());
    }

    private static void refuseAsleep(Vm vm) {
        if (vm.state() != VmState.PAUSED && vm.state() != VmState.SUSPENDED) return;
        throw new BangerException(
                ErrorCode.VM_NOT_RUNNING,
                "vm " + vm.name() + ": is " + vm.state().word() + "; it is copied while it runs, or is stopped",
                "banger vm resume " + vm.name());
    }

    private Captured withMemory(Path directory, Vm vm, RunningVm running, Progress progress) {
        running.refuseWhilePending("copied with its memory");
        room(vm, vm.memoryMib() * Size.MIB);
        var ref = running.machine().ref();
        var likeness = Optional.ofNullable(ref.likeness()).orElse("unknown");
        var key = VmSuspend.key(vm, sources.files(vm), likeness, !ref.network().startsWith("off"));
        var saved = disks.captured(vm);
        progress.doing("vm " + vm.name(), "copying its memory", 0, 0);
        // A copy's own hostname would be overwritten by what an init in its first moments has read.
        running.agent().awaitInit(INIT_WITHIN);
        running.agent().sync(false, settings.stopTimeout());
        disks.makeShared(saved);
        long began = System.nanoTime();
        try {
            Sleep.prepare(running.machine().control());
            running.machine().save(saved);
            copyDisks(vm, directory);
        } catch (IOException | BangerException e) {
            throw runsOn(vm, running, saved, e);
        }
        Failpoint.SNAPSHOT_COPIED.pass();
        var wokenAfter = wake(vm, running, began);
        try {
            try (var files = Files.list(saved)) {
                for (var file : files.toList())
                    Files.move(file, directory.resolve(file.getFileName()), StandardCopyOption.ATOMIC_MOVE);
            }
            disks.removeShared(vm, saved);
        } catch (IOException e) {
            throw DurableFiles.failure(saved, e);
        }
        return new Captured(ref.engine(), key, wokenAfter);
    }

    private Captured disksOf(Path directory, Vm vm, RunningVm running) {
        room(vm, 0);
        // The next daemon lets it run on when this one does not.
        disks.makeShared(disks.captured(vm));
        long began = System.nanoTime();
        try {
            running.agent().sync(true, settings.stopTimeout());
            // It would thaw by itself after a while; it does not notice time that it does not run.
            running.machine().pause();
            copyDisks(vm, directory);
        } catch (IOException | BangerException e) {
            throw thawed(vm, running, e);
        }
        Failpoint.SNAPSHOT_COPIED.pass();
        try {
            thaw(vm, running);
        } catch (IOException e) {
            throw failed(vm, "does not answer any more", e);
        }
        return new Captured("", Map.of(), (System.nanoTime() - began) / 1_000_000);
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

    private BangerException runsOn(Vm vm, RunningVm running, Path saved, Exception cause) {
        disks.removeShared(vm, saved);
        try {
            running.machine().wake(Sleep.Kind.CONTINUE);
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

    /** What is copied has to fit, with a tenth to spare. */
    private void room(Vm vm, long memory) {
        var directory = disks.directory(vm.id()).state();
        long needed = (memory + disks.used(vm.id())) / 10 * 11;
        try {
            long free = Files.getFileStore(directory).getUsableSpace();
            if (free >= needed) return;
            throw new BangerException(
                    ErrorCode.HOST_DISK_FULL,
                    "vm " + vm.name() + ": a copy needs up to " + Size.human(needed) + " on disk, " + Size.human(free)
                            + " are free",
                    "make room, then again; banger snapshot rm and banger vm prune free space of ours");
        } catch (IOException e) {
            throw DurableFiles.failure(directory, e);
        }
    }
}
