package banger.daemon.vm;

import banger.api.BangerException;
import banger.api.Size;
import banger.api.VmName;
import banger.api.model.CreateVm;
import banger.daemon.config.Settings;
import banger.daemon.config.VmDefaults;
import banger.daemon.engine.Engines;
import banger.daemon.ops.Both;
import banger.daemon.ops.Failpoint;
import banger.daemon.ops.Undo;
import banger.daemon.progress.Progress;
import banger.daemon.publish.Fetching;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.Optional;

/** How a VM comes about: what it is made of is found or made, its name taken, its disks and keys made. */
final class VmCreation {
    private final VmTable table;
    private final VmSources sources;
    private final VmDisks disks;
    private final Engines engines;
    private final SshKeys keys;
    private final VmSizes sizes;
    private final Settings settings;
    private final VmLifecycle lifecycle;

    VmCreation(
            VmTable table,
            VmSources sources,
            VmDisks disks,
            Engines engines,
            SshKeys keys,
            Settings settings,
            VmLifecycle lifecycle) {
        this.table = table;
        this.sources = sources;
        this.disks = disks;
        this.engines = engines;
        this.keys = keys;
        this.sizes = new VmSizes(VmDefaults.of(settings));
        this.settings = settings;
        this.lifecycle = lifecycle;
    }

    /** Creates a VM and, when asked to, boots it. Interrupted: nothing is left of it. */
    Vm create(CreateVm request, Progress progress) {
        var name = Optional.ofNullable(request.name()).map(VmName::new);
        var sized = sizes.of(request);
        var engine = Optional.ofNullable(request.engine()).orElse(settings.engine());
        var mode = BootMode.of(Optional.ofNullable(request.boot()));
        var environment = Optional.ofNullable(request.environment());
        environment.ifPresent(spec -> EnvironmentWish.check(spec, mode, request.start()));
        var fetching = request.offline() ? Fetching.FORBIDDEN : Fetching.ALLOWED;
        if (request.start()) {
            engines.ensure(engine, fetching, progress);
            engines.select(engine);
        }
        var wanted = Optional.ofNullable(request.image()).orElse(settings.defaultImage());
        // On a first run both take long, and neither needs the other.
        var both = Both.of(
                () -> sources.kernel(settings.defaultKernel(), fetching, progress),
                () -> sources.image(wanted, fetching, progress));
        var kernel = both.first();
        var image = both.second();
        var machineId = new byte[16];
        new SecureRandom().nextBytes(machineId);
        var vm = table.reserve(
                new VmTable.Draft(
                        VmId.fresh(),
                        image.name(),
                        image.digest(),
                        kernel.name(),
                        kernel.digest(),
                        sized.vcpu(),
                        sized.memoryMib(),
                        sized.diskBytes(),
                        sized.overlayBytes(),
                        request.nat(),
                        engine,
                        HexFormat.of().formatHex(machineId),
                        request.remove()),
                name);
        try (var _ = lifecycle.locks().hold(vm.id());
                var undo = new Undo()) {
            undo.add(() -> lifecycle.forget(vm));
            Failpoint.CREATE_RESERVED.pass();
            Both.of(() -> disks.make(vm), () -> keys.makeHostKey(vm.id()));
            Failpoint.CREATE_DISKS_MADE.pass();
            table.state(vm.id(), VmState.CREATED, "");
            Failpoint.CREATE_DONE.pass();
            if (request.start()) {
                announce(vm, progress);
                try {
                    lifecycle.boot(vm, mode, environment, progress);
                } catch (VmStart.NotReady e) {
                    if (!request.remove()) {
                        undo.commit();
                        throw e.told();
                    }
                    throw withKeptLog(vm, e.told());
                }
            }
            undo.commit();
            return lifecycle.current(vm);
        }
    }

    /** What is about to be booted, and on what. */
    private void announce(Vm vm, Progress progress) {
        progress.note("spec: " + vm.vcpu() + " vcpu | " + vm.memoryMib() + " MiB | " + Size.flag(vm.diskBytes())
                + " disk | " + vm.imageName() + " | "
                + engines.select(vm.engine()).traits().label());
        var note = engines.note(vm.engine());
        if (!note.isEmpty()) progress.note("note: " + note);
    }

    /** The console of a VM that goes away is kept, and named. */
    private BangerException withKeptLog(Vm vm, BangerException told) {
        var kept = disks.keepLog(vm);
        var remedies = new ArrayList<>(told.remedies());
        remedies.removeLast();
        remedies.add("its console log is kept: " + kept);
        return new BangerException(
                        told.code(), told.fact().replace("; the VM is kept for you to look at", ""), remedies)
                .because(told);
    }
}
