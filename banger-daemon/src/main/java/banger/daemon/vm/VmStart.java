package banger.daemon.vm;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.model.EnvironmentSpec;
import banger.daemon.engine.BootSpec;
import banger.daemon.engine.Hypervisor;
import banger.daemon.engine.Memory;
import banger.daemon.ops.Both;
import banger.daemon.ops.Failpoint;
import banger.daemon.ops.Laps;
import banger.daemon.ops.Undo;
import banger.daemon.progress.Progress;
import banger.daemon.template.TemplateKey;
import banger.daemon.userfiles.UserFiles;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starts a VM: from its record to a guest that is ready. The caller holds the VM's lock. */
final class VmStart {
    private static final Logger LOG = LoggerFactory.getLogger(VmStart.class);

    /** Said of a machine that its engine has stopped. */
    static final String STARVED = "the disk of this host is full, its guest waits for room";

    private final VmSources sources;
    private final MachineSpecs specs;
    private final VmNetwork network;
    private final VmDisks disks;
    private final UserFiles userFiles;
    private final GuestSetup guest;
    private final WarmStart warm;
    private final WarmStart environments;

    VmStart(
            VmSources sources,
            MachineSpecs specs,
            VmNetwork network,
            VmDisks disks,
            UserFiles userFiles,
            GuestSetup guest,
            WarmStart warm,
            WarmStart environments) {
        this.sources = sources;
        this.specs = specs;
        this.network = network;
        this.disks = disks;
        this.userFiles = userFiles;
        this.guest = guest;
        this.warm = warm;
        this.environments = environments;
    }

    /** The guest never became ready; the VM is kept for a look. */
    static final class NotReady extends RuntimeException {
        private static final long serialVersionUID = 1;
        private final transient BangerException told;

        NotReady(BangerException told) {
            super(told);
            this.told = told;
        }

        BangerException told() {
            return told;
        }
    }

    /**
     * @param mode how it comes up when it never ran before; a VM that did boots
     * @param environment what it is to continue from when it never ran before
     * @return the running VM, ready
     * @throws NotReady when the machine ran but its guest did not come up; nothing runs any more
     * @throws BangerException when it never ran, or the caller was interrupted; nothing runs any more
     */
    RunningVm boot(Vm vm, BootMode mode, Optional<EnvironmentSpec> environment, Progress progress) {
        long began = System.nanoTime();
        var laps = new Laps();
        var files = sources.files(vm);
        var engine = specs.engine(vm);
        progress.doing("vm " + vm.name(), "starting", 0, 0);
        laps.end("files");
        try (var undo = new Undo()) {
            undo.add(() -> network.detach(vm));
            undo.add(() -> specs.forget(vm));
            // Both run programs of this host and wait for them.
            var both = Both.of(
                    () -> network.attach(vm),
                    () -> new GuestFiles(userFiles.find(w -> progress.warn("vm " + vm.name() + ": " + w))));
            var attachment = both.first();
            var personal = both.second();
            laps.end("network");
            if (!attachment.on())
                progress.note("network: " + attachment.label()
                        + attachment.remedies().stream()
                                .findFirst()
                                .map(r -> "; " + r)
                                .orElse(""));
            Failpoint.START_NETWORK.pass();
            var start = new Start(vm, files, engine, personal, attachment, undo, progress, laps, began);
            var running = begun(start, mode, environment);
            Failpoint.START_CONFIGURED.pass();
            long millis = (System.nanoTime() - began) / 1_000_000;
            var ref = running.machine().ref();
            specs.record(vm, ref.booted(running.how()).ready(millis));
            progress.done(
                    "vm " + vm.name(),
                    switch (running.how()) {
                        case "warm" -> "ready in {took} (from template)";
                        case EnvironmentSpec.BOOT -> "ready in {took} (from environment)";
                        case EnvironmentSpec.SETUP -> "ready to be set up in {took} (cold boot)";
                        default -> "ready in {took} (cold boot)";
                    },
                    millis);
            LOG.info("vm {}: ready ({}) after {}", vm.name(), running.how(), laps);
            undo.commit();
            return running;
        }
    }

    /** One start, its network attached. */
    private record Start(
            Vm vm,
            VmSources.BootFiles files,
            Hypervisor engine,
            GuestFiles personal,
            VmNetwork.Attachment attachment,
            Undo undo,
            Progress progress,
            Laps laps,
            long began) {
        /** With nothing of the user's in it. */
        Start withoutPersonal() {
            return new Start(vm, files, engine, new GuestFiles(List.of()), attachment, undo, progress, laps, began);
        }
    }

    private RunningVm begun(Start start, BootMode mode, Optional<EnvironmentSpec> environment) {
        if (!WarmStart.fresh(start.vm) || disks.layers().of(start.vm.id()).layered()) return cold(start, "");
        if (environment.isPresent()) return fromEnvironment(start, environment.get());
        return mode == BootMode.COLD ? cold(start, "") : warmOrCold(start, mode);
    }

    /** Continues from what was set up before; where there is nothing, it boots to be set up. */
    private RunningVm fromEnvironment(Start start, EnvironmentSpec spec) {
        var vm = start.vm;
        var template = TemplateBuild.key(vm, start.files, start.engine.likeness(), start.attachment.on());
        var key = PendingEnvironment.key(template, vm, spec);
        if (!spec.rebuild()) {
            try {
                return continued(start, environments, key, EnvironmentSpec.BOOT);
            } catch (WarmStart.NotWarm e) {
                if (!e.missing()) {
                    LOG.warn("vm {}: is set up anew, its environment failed: {}", vm.name(), e.why(), e);
                    start.progress.note("environment: set up anew (" + e.why() + ")");
                }
            }
        }
        var pending = new PendingEnvironment(key, spec, start.engine.traits().label(), start.began);
        return cold(start.withoutPersonal(), RunningVm.toBeSetUp(vm, pending), new Memory.Recorded());
    }

    private RunningVm warmOrCold(Start start, BootMode mode) {
        try {
            return warm(start);
        } catch (WarmStart.NotWarm e) {
            var vm = start.vm;
            if (mode == BootMode.WARM)
                throw new BangerException(
                                ErrorCode.TEMPLATE_NOT_FOUND,
                                "vm " + vm.name() + ": cannot continue from a template: " + e.why(),
                                "banger template build --image " + vm.imageName() + " --vcpu " + vm.vcpu()
                                        + " --memory " + vm.memoryMib() + "M, or without --warm")
                        .because(e);
            if (!e.missing()) {
                LOG.warn("vm {}: boots, its warm start failed: {}", vm.name(), e.why(), e);
                start.progress.note("boot: cold (" + e.why() + ")");
            }
            return cold(start, e.why());
        }
    }

    private RunningVm warm(Start start) throws WarmStart.NotWarm {
        var key = TemplateBuild.key(start.vm, start.files, start.engine.likeness(), start.attachment.on());
        return continued(start, warm, key, "warm");
    }

    private RunningVm continued(Start start, WarmStart from, TemplateKey key, String how) throws WarmStart.NotWarm {
        var vm = start.vm;
        var template = from.template(vm, key);
        var running = new RunningVm(vm.id(), vm.name(), how);
        var machine = from.start(vm, template, start.engine, spec(start, running), start.laps, (started, limit) -> {
            running.machine(started);
            specs.record(vm, started.ref());
            guest.configure(vm, start.attachment, start.personal, running, limit);
        });
        start.undo.add(machine::kill);
        MachineSpecs.warnUnconfined(machine, start.progress);
        return running;
    }

    /** @param why it boots; empty when there is nothing to say */
    private RunningVm cold(Start start, String why) {
        var running = new RunningVm(start.vm.id(), start.vm.name(), why.isEmpty() ? "cold" : "cold (" + why + ")");
        return cold(start, running, new Memory.Own());
    }

    private RunningVm cold(Start start, RunningVm running, Memory memory) {
        var vm = start.vm;
        var machine = start.engine.boot(spec(start, running).on(memory));
        start.undo.add(machine::kill);
        start.laps.end("vmm");
        running.machine(machine);
        MachineSpecs.warnUnconfined(machine, start.progress);
        Failpoint.START_VMM_SPAWNED.pass();
        specs.record(vm, machine.ref());
        Failpoint.START_RECORDED.pass();
        start.progress.doing("vm " + vm.name(), "booting", 0, 0);
        guest.configure(vm, start.attachment, start.personal, running, guest.bootLimit(start.engine));
        start.laps.end("guest");
        return running;
    }

    private BootSpec spec(Start start, RunningVm running) {
        return specs.spec(start.vm, start.files, start.attachment, running);
    }
}
