package banger.daemon.vm;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Printable;
import banger.daemon.engine.Engines;
import banger.daemon.engine.Hypervisor;
import banger.daemon.engine.Machine;
import banger.daemon.engine.Memory;
import banger.daemon.guest.Sleep;
import banger.daemon.ops.Failpoint;
import banger.daemon.ops.Laps;
import banger.daemon.ops.Undo;
import banger.daemon.progress.Progress;
import banger.daemon.template.Template;
import banger.daemon.userfiles.UserFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Lets a saved machine run on: the suspended VM's own, or another VM's as a copy. The caller holds the VM's lock. */
final class VmContinue {
    private static final Logger LOG = LoggerFactory.getLogger(VmContinue.class);

    private final VmSources sources;
    private final MachineSpecs specs;
    private final VmNetwork network;
    private final VmDisks disks;
    private final Engines engines;
    private final UserFiles userFiles;
    private final GuestSetup guest;

    VmContinue(
            VmSources sources,
            MachineSpecs specs,
            VmNetwork network,
            VmDisks disks,
            Engines engines,
            UserFiles userFiles,
            GuestSetup guest) {
        this.sources = sources;
        this.specs = specs;
        this.network = network;
        this.disks = disks;
        this.engines = engines;
        this.userFiles = userFiles;
        this.guest = guest;
    }

    /**
     * Continues a suspended VM; its state is used up from the moment that it runs.
     *
     * @throws BangerException {@code vm.saved-unfit} and others; nothing runs then
     */
    RunningVm resume(Vm vm, Progress progress) {
        long began = System.nanoTime();
        var laps = new Laps();
        var files = sources.files(vm);
        var saved = disks.saved(vm);
        var manifest = saved.checked();
        var engine = engines.select(manifest.engine().split("/")[0]);
        if (!engine.traits().label().equals(manifest.engine()))
            throw saved.unfit("was saved by " + manifest.engine() + ", here is "
                    + engine.traits().label());
        progress.doing("vm " + vm.name(), "continuing", 0, 0);
        laps.end("files");
        try (var undo = new Undo()) {
            var attachment = network.attach(vm);
            undo.add(() -> network.detach(vm));
            laps.end("network");
            VmSuspend.compare(manifest.key(), VmSuspend.key(vm, files, engine.likeness(), attachment.on()))
                    .ifPresent(why -> {
                        throw saved.unfit("its saved memory does not fit any more (" + why + ")");
                    });
            var running = new RunningVm(vm.id(), vm.name(), "resumed");
            var machine = engine.restore(specs.spec(vm, files, attachment, running), saved.path());
            undo.add(machine::kill);
            laps.end("vmm");
            running.machine(machine);
            MachineSpecs.warnUnconfined(machine, progress);
            specs.record(vm, machine.ref());
            undo.add(() -> specs.forget(vm));
            Failpoint.RESUME_LOADED.pass();
            saved.consume();
            Failpoint.RESUME_MARKED.pass();
            laps.end("records");
            wake(vm, machine);
            laps.end("guest");
            Failpoint.RESUME_CONTINUED.pass();
            long millis = (System.nanoTime() - began) / 1_000_000;
            specs.record(vm, machine.ref().ready(millis));
            progress.done("vm " + vm.name(), "continued in {took}", millis);
            LOG.info("vm {}: continued after {}", vm.name(), laps);
            undo.commit();
            saved.discard();
            return running;
        }
    }

    /**
     * Continues another VM's saved machine as this one, which gets its own identity before anybody may use it.
     *
     * @param saved needed no more when this returns
     * @throws BangerException {@code vm.saved-unfit} and others; nothing runs then
     */
    RunningVm continueAs(Vm vm, SavedMachine saved, Progress progress) {
        long began = System.nanoTime();
        var engine = specs.engine(vm);
        var personal = new GuestFiles(userFiles.find(warning -> progress.warn("vm " + vm.name() + ": " + warning)));
        try (var undo = new Undo()) {
            var attachment = network.attach(vm);
            undo.add(() -> network.detach(vm));
            undo.add(() -> specs.forget(vm));
            var running = new RunningVm(vm.id(), vm.name(), "forked");
            var machine = loaded(vm, saved, saved.memory(), engine, attachment, running);
            undo.add(machine::kill);
            running.machine(machine);
            specs.record(vm, machine.ref());
            try {
                machine.wake(Sleep.Kind.REKEY);
            } catch (IOException e) {
                throw notAwake(vm, e);
            }
            guest.configure(vm, attachment, personal, running, guest.bootLimit(engine));
            long millis = (System.nanoTime() - began) / 1_000_000;
            specs.record(vm, machine.ref().booted(running.how()).ready(millis));
            undo.commit();
            return running;
        } catch (VmStart.NotReady e) {
            throw e.told();
        }
    }

    private Machine loaded(
            Vm vm,
            SavedMachine saved,
            Memory memory,
            Hypervisor engine,
            VmNetwork.Attachment attachment,
            RunningVm running) {
        var files = sources.files(vm);
        VmSuspend.compare(saved.key(), VmSuspend.key(vm, files, engine.likeness(), attachment.on()))
                .ifPresent(why -> {
                    throw new BangerException(
                            ErrorCode.VM_SAVED_UNFIT,
                            "vm " + vm.name() + ": the memory does not fit here (" + why + ")");
                });
        return engine.restore(specs.spec(vm, files, attachment, running).on(memory), saved.directory());
    }

    /** Whether copies of a VM that continue from one saved machine share its memory without more ado. */
    boolean mapsSaved(Vm vm) {
        return specs.engine(vm).traits().mapsSaved();
    }

    /**
     * Saves a saved machine anew, its memory as a file that many can map, by loading it once more. It never runs.
     *
     * @param vm one of those that will continue from it, its disks made; nothing of it runs when this returns
     * @param into an empty directory in the VM's, filled
     */
    SavedMachine recorded(Vm vm, SavedMachine saved, Path into) {
        var engine = specs.engine(vm);
        try (var undo = new Undo()) {
            var attachment = network.attach(vm);
            undo.add(() -> network.detach(vm));
            var nobody = new RunningVm(vm.id(), vm.name(), "recorded");
            var machine = loaded(vm, saved, new Memory.Recorded(), engine, attachment, nobody);
            undo.add(machine::kill);
            machine.save(into);
            var now = disks.layers().of(vm.id());
            var sizes = Map.of("vdb", now.overlay().size(), "vdc", now.work().size());
            return new SavedMachine(into, new Memory.Mapped(into.resolve(Template.MEMORY), sizes), saved.key());
        } catch (IOException e) {
            throw new BangerException(
                            ErrorCode.VM_SAVE_FAILED,
                            "vm " + vm.name() + ": its memory cannot be shared: "
                                    + Printable.line(String.valueOf(e.getMessage())))
                    .because(e);
        }
    }

    private static BangerException notAwake(Vm vm, IOException e) {
        if (Thread.currentThread().isInterrupted())
            return new BangerException(ErrorCode.CANCELLED, "vm " + vm.name() + ": start cancelled").because(e);
        return new BangerException(
                        ErrorCode.VM_NOT_READY,
                        "vm " + vm.name() + ": its memory was loaded, but its guest did not go on: "
                                + Printable.line(String.valueOf(e.getMessage())) + "; its disks are whole",
                        "banger vm start " + vm.name() + " boots it anew")
                .because(e);
    }

    private static void wake(Vm vm, Machine machine) {
        try {
            machine.wake(Sleep.Kind.RESUME);
        } catch (IOException e) {
            throw notAwake(vm, e);
        }
    }
}
