package banger.daemon.vm;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Printable;
import banger.api.Size;
import banger.daemon.DurableFiles;
import banger.daemon.config.Settings;
import banger.daemon.guest.Sleep;
import banger.daemon.ops.Failpoint;
import banger.daemon.ops.Laps;
import banger.daemon.progress.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Pauses machines, and saves them to disk. The caller holds the VM's lock. */
final class VmSuspend {
    private static final Logger LOG = LoggerFactory.getLogger(VmSuspend.class);

    private final VmTable table;
    private final VmSources sources;
    private final VmDisks disks;
    private final Machines machines;
    private final VmStop stop;
    private final Settings settings;

    VmSuspend(VmTable table, VmSources sources, VmDisks disks, Machines machines, VmStop stop, Settings settings) {
        this.table = table;
        this.sources = sources;
        this.disks = disks;
        this.machines = machines;
        this.stop = stop;
        this.settings = settings;
    }

    /** All that a saved state must find again; names for people, values to compare. */
    static Map<String, String> key(Vm vm, VmSources.BootFiles files, String likeness, boolean network) {
        var key = new LinkedHashMap<String, String>();
        key.put("engine", likeness);
        key.put("image", vm.imageDigest());
        key.put("kernel", vm.kernelDigest());
        key.put("guest program", String.valueOf(files.initrd().getFileName()));
        key.put("command line", files.commandLine());
        key.put("processors", Integer.toString(vm.vcpu()));
        key.put("memory", vm.memoryMib() + " MiB");
        key.put("network", network ? "on" : "off");
        return key;
    }

    /** The first thing that is not what it was; empty: everything is. */
    static Optional<String> compare(Map<String, String> was, Map<String, String> is) {
        return was.entrySet().stream()
                .filter(e -> !e.getValue().equals(is.get(e.getKey())))
                .findFirst()
                .map(e -> e.getKey() + ": was " + e.getValue() + ", is " + is.get(e.getKey()));
    }

    void pause(Vm vm, RunningVm running) {
        try {
            running.machine().pause();
        } catch (IOException e) {
            throw failed(vm, "could not be paused", e);
        }
        table.state(vm.id(), VmState.PAUSED, "");
    }

    /** Lets a paused machine run on, its clock put right; false when it stands still again for want of room. */
    boolean unpause(Vm vm, RunningVm running, Progress progress) {
        if (running.machine().starved() && !disks.roomAgain()) return false;
        try {
            running.machine().unpause();
        } catch (IOException e) {
            throw failed(vm, "could not be resumed", e);
        }
        // What kept its clock from being put right; empty: nothing did.
        var woken = new CompletableFuture<String>();
        var waker = Thread.ofVirtual().name("wake-" + vm.name()).start(() -> {
            try {
                Sleep.wake(running.machine().control(), Sleep.Kind.RESUME);
                woken.complete("");
            } catch (IOException | BangerException e) {
                woken.complete(Printable.line(String.valueOf(e.getMessage())));
            }
        });
        while (true) {
            try {
                var complaint = woken.get(20, TimeUnit.MILLISECONDS);
                if (!recordedAsRunning(vm, running)) return false;
                if (!complaint.isEmpty())
                    progress.warn("vm " + vm.name() + ": its clock was not put right (" + complaint + ")");
                return true;
            } catch (TimeoutException e) {
                // It tried its write again at once, and there is still no room: it will not answer. What the store
                // says of it is still true; there may be no room to write it again.
                if (!running.machine().starved()) continue;
                waker.interrupt();
                return false;
            } catch (ExecutionException e) {
                throw new IllegalStateException(e);
            } catch (InterruptedException e) {
                waker.interrupt();
                Thread.currentThread().interrupt();
                throw new BangerException(ErrorCode.CANCELLED, "cancelled").because(e);
            }
        }
    }

    /**
     * The agent may answer before the machine has tried its write again. With no room even for the record, the
     * machine stands still again: what the store says of it stays true.
     */
    private boolean recordedAsRunning(Vm vm, RunningVm running) {
        try {
            table.state(vm.id(), VmState.RUNNING, "");
            return true;
        } catch (BangerException e) {
            if (e.code() != ErrorCode.HOST_DISK_FULL) throw e;
        }
        try {
            running.machine().pause();
        } catch (IOException e) {
            throw failed(vm, "could not be paused again", e);
        }
        return false;
    }

    /** @throws BangerException {@code host.disk-full} when it stands still again at once */
    void resume(Vm vm, RunningVm running, Progress progress) {
        if (!unpause(vm, running, progress))
            throw new BangerException(
                    ErrorCode.HOST_DISK_FULL,
                    "vm " + vm.name() + ": stays paused: the disk of this host is still full",
                    "make room, then banger vm resume " + vm.name());
    }

    /**
     * Writes its memory to disk and ends its VMM. When anything goes wrong before that, it runs on.
     *
     * @throws BangerException {@code host.disk-full} before anything was done; or what went wrong
     */
    void suspend(Vm vm, RunningVm running, Progress progress) {
        running.refuseWhilePending("suspended");
        long began = System.nanoTime();
        var laps = new Laps();
        if (vm.ephemeral())
            throw new BangerException(
                    ErrorCode.USAGE, "vm " + vm.name() + ": goes with its command (--rm), so it cannot be suspended");
        room(vm);
        var saved = disks.saved(vm);
        var ref = running.machine().ref();
        var likeness = ref.likeness() == null ? "unknown" : ref.likeness();
        var key = key(vm, sources.files(vm), likeness, !ref.network().startsWith("off"));
        progress.doing("vm " + vm.name(), "writing its disks", 0, 0);
        running.agent().sync(false, settings.stopTimeout());
        laps.end("sync");
        table.state(vm.id(), VmState.SUSPENDING, "");
        Failpoint.SUSPEND_INTENT.pass();
        long bytes;
        try {
            Sleep.prepare(running.machine().control());
            laps.end("freeze");
            Failpoint.SUSPEND_FROZEN.pass();
            progress.doing("vm " + vm.name(), "writing its memory", 0, 0);
            running.machine().save(saved.begin());
            laps.end("save");
            Failpoint.SUSPEND_WRITTEN.pass();
            bytes = saved.publish(ref.engine(), key);
            laps.end("seal");
        } catch (IOException | BangerException e) {
            throw runsOn(vm, running, saved, e);
        }
        Failpoint.SUSPEND_SAVED.pass();
        machines.take(running);
        running.machine().kill();
        stop.release(vm, VmState.SUSPENDED);
        laps.end("end");
        LOG.info("vm {}: suspended after {}", vm.name(), laps);
        progress.done(
                "vm " + vm.name(),
                "suspended in {took}, " + Size.human(bytes) + " on disk",
                (System.nanoTime() - began) / 1_000_000);
    }

    private void room(Vm vm) {
        var directory = disks.directory(vm.id()).state();
        long needed = vm.memoryMib() * Size.MIB / 10 * 11;
        try {
            long free = Files.getFileStore(directory).getUsableSpace();
            if (free >= needed) return;
            throw new BangerException(
                    ErrorCode.HOST_DISK_FULL,
                    "vm " + vm.name() + ": its memory needs up to " + Size.human(needed) + " on disk, "
                            + Size.human(free) + " are free; it runs on",
                    "make room, then again; banger vm prune frees space of ours");
        } catch (IOException e) {
            throw DurableFiles.failure(directory, e);
        }
    }

    private BangerException runsOn(Vm vm, RunningVm running, SavedState saved, Exception cause) {
        var fact = cause instanceof BangerException told
                ? told.fact()
                : "vm " + vm.name() + ": could not be suspended: " + Printable.line(String.valueOf(cause.getMessage()));
        var code = cause instanceof BangerException told ? told.code() : codeOf(cause);
        saved.discard();
        // It may have ended meanwhile: whoever watches it turns that into a state.
        table.state(vm.id(), VmState.RUNNING, "");
        try {
            running.machine().wake(Sleep.Kind.CONTINUE);
        } catch (IOException e) {
            return new BangerException(
                            code,
                            fact + "; and it does not answer any more ("
                                    + Printable.line(String.valueOf(e.getMessage())) + ")",
                            "banger vm restart " + vm.name())
                    .because(cause);
        }
        return new BangerException(code, fact + "; it runs on", "banger vm stop " + vm.name()).because(cause);
    }

    private static ErrorCode codeOf(Exception cause) {
        return String.valueOf(cause.getMessage()).contains("No space left")
                ? ErrorCode.HOST_DISK_FULL
                : ErrorCode.VM_SAVE_FAILED;
    }

    private static BangerException failed(Vm vm, String what, IOException e) {
        return new BangerException(
                        ErrorCode.VM_SAVE_FAILED,
                        "vm " + vm.name() + ": " + what + ": " + Printable.line(String.valueOf(e.getMessage())),
                        "banger vm restart " + vm.name())
                .because(e);
    }
}
