package banger.daemon.vm;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Layout;
import banger.api.model.CreateVm;
import banger.api.model.EnvironmentSpec;
import banger.api.model.SetVm;
import banger.daemon.config.Settings;
import banger.daemon.config.VmDefaults;
import banger.daemon.engine.Engines;
import banger.daemon.engine.SealedMemory;
import banger.daemon.engine.Signals;
import banger.daemon.ops.Failpoint;
import banger.daemon.ops.KeyedLocks;
import banger.daemon.progress.Progress;
import banger.daemon.snapshot.SnapshotStore;
import banger.daemon.template.TemplateStore;
import banger.daemon.userfiles.UserFiles;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Every change of a VM's life. One lock a VM is held for the whole of each. */
public final class VmLifecycle {
    private static final List<String> SIGNALS = List.of("TERM", "KILL", "INT", "HUP", "QUIT", "USR1", "USR2", "ABRT");

    private final VmCreation creation;
    private final VmTable table;
    private final VmNetwork network;
    private final VmDisks disks;
    private final Machines machines;
    private final SshKeys keys;
    private final Signals signals;
    private final VmStart start;
    private final VmContinue continues;
    private final VmStop stop;
    private final VmSuspend suspend;
    private final UnpulledWork work;
    private final Templates templates;
    private final SnapshotStore snapshots;
    private final Snapshots copies;
    private final Forks forks;
    private final Environments environments;
    private final KeyedLocks<VmId> locks = new KeyedLocks<>();
    private final MachineEnds ends;

    public VmLifecycle(
            VmTable table,
            VmSources sources,
            VmNetwork network,
            Layout layout,
            VmDisks disks,
            Machines machines,
            Engines engines,
            SshKeys keys,
            UserFiles userFiles,
            Signals signals,
            TemplateStore store,
            TemplateStore environmentStore,
            SnapshotStore snapshots,
            SealedMemory memories,
            Settings settings) {
        this.table = table;
        this.network = network;
        this.disks = disks;
        this.machines = machines;
        this.keys = keys;
        this.signals = signals;
        this.snapshots = snapshots;
        var workspaces = new SavedWorkspaces(layout);
        var specs = new MachineSpecs(disks, engines);
        var setup = new GuestSetup(network, disks, keys, settings);
        this.continues = new VmContinue(sources, specs, network, disks, engines, userFiles, setup);
        this.start = new VmStart(
                sources,
                specs,
                network,
                disks,
                userFiles,
                setup,
                new WarmStart(disks, store, workspaces, "template", settings.startTimeout()),
                new WarmStart(disks, environmentStore, workspaces, "environment", settings.startTimeout()));
        this.templates = new Templates(
                store,
                new TemplateBuild(sources, network, disks, engines, store, settings),
                sources,
                engines,
                memories,
                new HostRoom(layout.state()),
                settings);
        this.stop = new VmStop(table, network, disks, machines, settings);
        this.suspend = new VmSuspend(table, sources, disks, machines, stop, settings);
        this.work = new UnpulledWork(layout, settings.stopTimeout());
        var capture = new VmCapture(sources, disks, machines, engines, settings);
        this.copies = new Snapshots(snapshots, table, disks, machines, capture, settings.checkpointBudget(), this);
        this.forks = new Forks(workspaces, snapshots, table, disks, keys, capture, memories, this);
        this.environments = new Environments(
                environmentStore, layout, table, disks, machines, workspaces, work, memories, settings, this);
        this.creation = new VmCreation(table, sources, disks, engines, keys, settings, this);
        this.ends = new MachineEnds(
                table, disks, machines, locks, stop, vm -> boot(vm, BootMode.COLD, Optional.empty(), Progress.NONE));
    }

    /** Creates a VM and, when asked to, boots it. Interrupted: nothing is left of it. */
    public Vm create(CreateVm request, Progress progress) {
        return creation.create(request, progress);
    }

    private static BangerException usage(String fact) {
        return new BangerException(ErrorCode.USAGE, fact);
    }

    /**
     * Boots a VM that does not run, or continues one that was suspended; one that runs is left as it is.
     *
     * @param cold boots it from its disks in any case; a saved memory is thrown away
     */
    public Vm start(Vm vm, boolean cold, Progress progress) {
        try (var _ = locks.hold(vm.id())) {
            var now = current(vm);
            if (now.state() == VmState.PAUSED) {
                suspend.resume(now, machines.find(now.id()).orElseThrow(), progress);
                progress.note("vm " + now.name() + ": running");
                return current(now);
            }
            if (machines.find(now.id()).isPresent()) {
                progress.note("vm " + now.name() + ": already running");
                return now;
            }
            VmSizes.check(
                    now.name().value(),
                    new VmDefaults(now.vcpu(), now.memoryMib(), now.diskBytes(), now.overlayBytes()),
                    true);
            if (now.state() == VmState.SUSPENDED && !cold) {
                begin(now, () -> continues.resume(now, progress));
                return current(now);
            }
            disks.saved(now).discard();
            try {
                boot(now, cold ? BootMode.COLD : BootMode.AUTO, Optional.empty(), progress);
            } catch (VmStart.NotReady e) {
                throw e.told();
            }
            return current(now);
        }
    }

    /** Stops the vCPUs of a running VM where they are. */
    public Vm pause(Vm vm, Progress progress) {
        try (var _ = locks.hold(vm.id())) {
            var now = current(vm);
            if (now.state() == VmState.PAUSED) progress.note("vm " + vm.name() + ": already paused");
            else suspend.pause(now, machines.require(now));
            return current(vm);
        }
    }

    /** Lets a paused VM run on, or continues a suspended one. */
    public Vm resume(Vm vm, Progress progress) {
        if (current(vm).state() == VmState.SUSPENDED) return start(vm, false, progress);
        disks.keepRoom();
        try (var _ = locks.hold(vm.id())) {
            var now = current(vm);
            if (now.state() == VmState.PAUSED)
                suspend.resume(now, machines.find(now.id()).orElseThrow(), progress);
            else {
                machines.require(now);
                progress.note("vm " + vm.name() + ": already running");
            }
            return current(vm);
        }
    }

    /** Writes the memory of a running VM to disk and ends its VMM; the next start continues it. */
    public Vm suspend(Vm vm, Progress progress) {
        try (var _ = locks.hold(vm.id())) {
            var now = current(vm);
            if (now.state() == VmState.SUSPENDED) {
                progress.note("vm " + vm.name() + ": already suspended");
                return now;
            }
            if (now.state() == VmState.PAUSED)
                suspend.unpause(now, machines.find(now.id()).orElseThrow(), progress);
            var running = machines.require(current(vm));
            work.look(now, running, progress);
            suspend.suspend(now, running, progress);
            return current(vm);
        }
    }

    /** Boots a VM that does not run, or continues it from what was prepared. The caller holds its lock. */
    void boot(Vm vm, BootMode mode, Optional<EnvironmentSpec> environment, Progress progress) {
        templates.bootBegins();
        try {
            var usable = templates.inUse() || mode == BootMode.WARM ? mode : BootMode.COLD;
            begin(vm, () -> start.boot(vm, usable, environment, progress));
        } finally {
            templates.bootEnded();
        }
        if (mode == BootMode.AUTO
                && environment.isEmpty()
                && WarmStart.fresh(vm)
                && machines.find(vm.id()).filter(r -> !r.how().equals("warm")).isPresent())
            templates.booted(vm, progress);
    }

    /** The first start of a VM whose environment was just saved. */
    void continueFrom(Vm vm, EnvironmentSpec spec, Progress progress) {
        var saved = new EnvironmentSpec(
                spec.repository(), spec.guestPath(), spec.setup(), spec.files(), spec.digest(), false);
        try {
            boot(current(vm), BootMode.AUTO, Optional.of(saved), progress);
        } catch (VmStart.NotReady e) {
            throw e.told();
        }
    }

    public Environments environments() {
        return environments;
    }

    public Snapshots snapshots() {
        return copies;
    }

    public Forks forks() {
        return forks;
    }

    VmContinue continuing() {
        return continues;
    }

    /** What VMs continue from. */
    public Templates templates() {
        return templates;
    }

    /** From the intent to a VM that runs; its state says what became of it. The caller holds its lock. */
    void begin(Vm vm, Supplier<RunningVm> how) {
        table.state(vm.id(), VmState.STARTING, "");
        work.willRun(vm);
        Failpoint.START_INTENT.pass();
        try {
            var running = how.get();
            machines.put(running);
            watch(running);
            table.state(vm.id(), VmState.RUNNING, "");
            Failpoint.START_DONE.pass();
            disks.layers().flattening().begin(vm, running);
        } catch (VmStart.NotReady e) {
            table.state(vm.id(), VmState.ERROR, e.told().fact());
            throw e;
        } catch (BangerException e) {
            boolean cancelled = e.code() == ErrorCode.CANCELLED;
            // What starts a VMM may have gone on when it was cancelled.
            if (cancelled) Strays.end(disks.directory(vm.id()).state());
            if (disks.saved(vm).present()) table.state(vm.id(), VmState.SUSPENDED, cancelled ? "" : e.fact());
            else table.state(vm.id(), cancelled ? VmState.STOPPED : VmState.ERROR, cancelled ? "" : e.fact());
            throw e;
        } catch (RuntimeException e) {
            table.state(vm.id(), VmState.ERROR, "internal: " + e);
            throw e;
        }
    }

    /** Stops a VM; one that does not run is left as it is. */
    public Vm stop(Vm vm, boolean graceful, Progress progress) {
        disks.makeRoom();
        try (var _ = locks.hold(vm.id())) {
            var running = machines.find(vm.id());
            if (running.isEmpty()) return notRunning(vm, progress);
            if (current(vm).state() == VmState.PAUSED) suspend.unpause(vm, running.get(), progress);
            work.look(vm, running.get(), progress);
            if (!graceful || !stop.graceful(vm, running.get(), progress)) stop.stop(vm, running.get(), progress);
            return current(vm);
        }
    }

    /**
     * Sends a signal to a VM's machine; with KILL returns when it is gone.
     *
     * @param signal one of the names that {@code kill(1)} knows and a VMM may get
     */
    public Vm kill(Vm vm, String signal, Progress progress) {
        if (!SIGNALS.contains(signal))
            throw usage(
                    "signal " + banger.api.Printable.quote(signal) + ": must be one of " + String.join(", ", SIGNALS));
        disks.makeRoom();
        try (var _ = locks.hold(vm.id())) {
            var running = machines.find(vm.id());
            if (running.isEmpty()) return notRunning(vm, progress);
            if (signal.equals("KILL")) {
                stop.kill(vm, running.get());
                progress.note("vm " + vm.name() + ": killed");
            } else {
                signals.send(running.get().machine().ref().vmmProcess(), signal);
                progress.note("vm " + vm.name() + ": sent SIG" + signal);
            }
            return current(vm);
        }
    }

    private Vm notRunning(Vm vm, Progress progress) {
        var now = current(vm);
        boolean suspended = now.state() == VmState.SUSPENDED;
        progress.note("vm " + vm.name() + ": already " + (suspended ? "suspended" : "stopped"));
        return now;
    }

    /**
     * Deletes a VM, running or not, with its disks.
     *
     * @throws BangerException {@code workspace.unpulled}: it stays for the work in it
     */
    public void delete(Vm vm, OnUnpulled unpulled, Progress progress) {
        disks.makeRoom();
        try (var _ = locks.hold(vm.id())) {
            if (table.find(vm.id()).isEmpty()) throw VmRefs.notFound(vm.name().value());
            var running = machines.find(vm.id());
            // Asleep it could not say what it holds.
            if (running.isPresent() && current(vm).state() == VmState.PAUSED)
                suspend.unpause(vm, running.get(), progress);
            work.keep(vm, running, unpulled, progress, r -> stop.stop(vm, r, progress));
            table.state(vm.id(), VmState.DELETING, "");
            Failpoint.DELETE_INTENT.pass();
            if (running.isPresent()) {
                machines.take(running.get());
                stop.end(vm, running.get());
            }
            forget(vm);
            Failpoint.DELETE_DONE.pass();
        }
    }

    /** Whether nothing that was never pulled is lost with a VM that does not run. */
    boolean mayGo(Vm vm) {
        return work.mayGo(vm);
    }

    /** Removes the files of a VM that the store knows nothing of. */
    void forgetUnknown(VmId id) {
        disks.remove(id);
        keys.forget(id);
    }

    /** Removes all of a VM that does not run. */
    void forget(Vm vm) {
        snapshots.removeAll(vm.id().value());
        disks.remove(vm.id());
        keys.forget(vm.id());
        Failpoint.DELETE_FILES.pass();
        table.forget(vm.id());
    }

    public Vm set(Vm vm, SetVm change) {
        try (var _ = locks.hold(vm.id())) {
            var now = current(vm);
            boolean sizes = change.vcpu() != null || change.memoryMib() != null || change.diskBytes() != null;
            if (sizes && (machines.find(vm.id()).isPresent() || now.state() == VmState.SUSPENDED))
                throw new BangerException(
                        ErrorCode.VM_RUNNING,
                        "vm " + vm.name() + ": its size only changes while it is stopped",
                        (now.state() == VmState.SUSPENDED ? "banger vm start " + vm.name() + "; " : "")
                                + "banger vm stop " + vm.name());
            if (sizes) {
                int vcpu = Optional.ofNullable(change.vcpu()).orElse(now.vcpu());
                int memory = Optional.ofNullable(change.memoryMib()).orElse(now.memoryMib());
                long disk = Optional.ofNullable(change.diskBytes()).orElse(now.diskBytes());
                VmSizes.check(vm.name().value(), new VmDefaults(vcpu, memory, disk, now.overlayBytes()), false);
                if (disk != now.diskBytes()) disks.grow(now, disk);
                table.size(vm.id(), vcpu, memory, disk);
            }
            if (change.nat() != null && change.nat() != now.nat()) {
                if (machines.find(vm.id()).isPresent()) network.nat(now, change.nat());
                table.nat(vm.id(), change.nat());
            }
            return current(vm);
        }
    }

    Vm current(Vm vm) {
        return table.find(vm.id()).orElseThrow(() -> VmRefs.notFound(vm.name().value()));
    }

    /** Turns the end of a machine that nobody asked for into a change of state. */
    void watch(RunningVm running) {
        ends.watch(running);
    }

    KeyedLocks<VmId> locks() {
        return locks;
    }

    VmStop stopper() {
        return stop;
    }
}
