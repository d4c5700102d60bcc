package banger.daemon.vm;

import banger.api.BangerException;
import banger.daemon.HostBoot;
import banger.daemon.engine.Engines;
import banger.daemon.engine.Machine;
import banger.daemon.engine.MachineRef;
import banger.daemon.guest.Sleep;
import io.avaje.json.JsonException;
import io.avaje.jsonb.Jsonb;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes what is agree with what should be, once, before the daemon answers anybody: machines that run
 * are adopted, half-made VMs removed, half-done deletions finished, leftovers of dead machines swept.
 */
public final class Reconciler {
    private static final Logger LOG = LoggerFactory.getLogger(Reconciler.class);

    private final VmTable table;
    private final VmDisks disks;
    private final VmNetwork network;
    private final Machines machines;
    private final Engines engines;
    private final VmLifecycle lifecycle;

    public Reconciler(
            VmTable table,
            VmDisks disks,
            VmNetwork network,
            Machines machines,
            Engines engines,
            VmLifecycle lifecycle) {
        this.table = table;
        this.disks = disks;
        this.network = network;
        this.machines = machines;
        this.engines = engines;
        this.lifecycle = lifecycle;
    }

    public void run() {
        lifecycle.snapshots().sweep();
        for (var vm : table.all()) {
            try {
                reconcile(vm);
            } catch (BangerException e) {
                LOG.warn("vm {}: could not be reconciled: {}", vm.name(), e.fact(), e);
            }
        }
        disks.layers().store().sweep();
        for (var id : disks.present()) {
            if (table.find(id).isPresent()) continue;
            LOG.info("removing the files of vm {}, which nobody was told of", id);
            Strays.end(disks.directory(id).state());
            lifecycle.forgetUnknown(id);
        }
    }

    private void reconcile(Vm vm) {
        switch (disks.settling().of(vm.id())) {
            case WRITTEN -> {}
            case UNDER_WAY -> disks.settling().later(vm.id());
            case LOST -> {
                neverWritten(vm);
                return;
            }
        }
        if (disks.restoring(vm)) {
            // Its disks are one snapshot's, both of them, or nobody's.
            Strays.end(disks.directory(vm.id()).state());
            lifecycle.snapshots().finish(vm);
            stopped(vm, "");
            return;
        }
        switch (vm.state()) {
            case CREATING, DELETING -> {
                Strays.end(disks.directory(vm.id()).state());
                network.detach(vm);
                lifecycle.forget(vm);
                return;
            }
            case STARTING, STOPPING -> {
                // Nobody was told that it runs: ended, its disks kept, and its saved memory where it has one.
                Strays.end(disks.directory(vm.id()).state());
                disks.forgetHalves(vm);
                stopped(vm, "");
            }
            case SUSPENDING -> {
                if (disks.saved(vm).present()) {
                    Strays.end(disks.directory(vm.id()).state());
                    stopped(vm, "");
                } else {
                    adopt(vm);
                    machines.find(vm.id()).ifPresent(running -> runsOn(vm, running));
                }
            }
            case SUSPENDED -> {
                Strays.end(disks.directory(vm.id()).state());
                if (!disks.saved(vm).present()) stopped(vm, "its saved memory is gone");
            }
            case RUNNING, PAUSED -> {
                adopt(vm);
                machines.find(vm.id()).ifPresent(running -> takeUp(vm, running));
            }
            case CREATED, STOPPED, ERROR -> Strays.end(disks.directory(vm.id()).state());
        }
        if (machines.find(vm.id()).isEmpty()) disks.layers().settle(vm.id());
        // Its command or session is over, however that came about.
        if (vm.ephemeral() && machines.find(vm.id()).isEmpty()) {
            if (!lifecycle.mayGo(vm)) {
                LOG.info("vm {}: was to go with its command, kept for the work in it", vm.name());
                return;
            }
            LOG.info("vm {}: was to go with its command, deleted", vm.name());
            lifecycle.forget(vm);
        }
    }

    /** The host went down within moments of its first start. */
    private void neverWritten(Vm vm) {
        LOG.info("vm {}: the host went down before its disks were written", vm.name());
        Strays.end(disks.directory(vm.id()).state());
        network.detach(vm);
        disks.removeRun(vm.id());
        if (vm.ephemeral() || vm.state() == VmState.CREATING || vm.state() == VmState.DELETING) {
            lifecycle.forget(vm);
            return;
        }
        disks.saved(vm).discard();
        disks.makeAgain(vm);
        disks.forgetWorkspaces(vm.id());
        table.workspace(vm.id(), "");
        table.state(
                vm.id(),
                VmState.CREATED,
                "the host went down before its disks were written: it is as before its first start");
    }

    private void adopt(Vm vm) {
        var recorded = recorded(vm);
        var running =
                new RunningVm(vm.id(), vm.name(), recorded.map(MachineRef::boot).orElse(""));
        var machine = recorded.flatMap(ref -> engines.byLabel(ref.engine())
                .reattach(vm.name().value(), disks.directory(vm.id()).state(), ref, running));
        if (machine.isPresent()) {
            running.machine(machine.get());
            machines.put(running);
            lifecycle.watch(running);
            LOG.info("vm {}: adopted, still running", vm.name());
            return;
        }
        Strays.end(disks.directory(vm.id()).state());
        boolean otherBoot = recorded.isEmpty() || !recorded.get().bootId().equals(HostBoot.id());
        stopped(vm, otherBoot ? "stopped (host restarted)" : "the VMM ended while no daemon ran");
    }

    /** It was being copied when the daemon ended. */
    private void takeUp(Vm vm, RunningVm running) {
        try {
            lifecycle.snapshots().takeUp(vm, running);
            disks.layers().settle(vm.id());
        } catch (IOException e) {
            LOG.warn("vm {}: does not answer any more", vm.name(), e);
        }
    }

    /** It was about to be suspended when the daemon ended. */
    private void runsOn(Vm vm, RunningVm running) {
        disks.saved(vm).discard();
        table.state(vm.id(), VmState.RUNNING, "");
        try {
            running.machine().wake(Sleep.Kind.CONTINUE);
        } catch (IOException e) {
            LOG.warn("vm {}: does not answer any more", vm.name(), e);
        }
    }

    private void stopped(Vm vm, String why) {
        network.detach(vm);
        disks.removeRun(vm.id());
        table.state(vm.id(), disks.saved(vm).present() ? VmState.SUSPENDED : VmState.STOPPED, why);
    }

    private Optional<MachineRef> recorded(Vm vm) {
        try {
            return Optional.of(Jsonb.instance()
                    .type(MachineRef.class)
                    .fromJson(Files.readString(disks.directory(vm.id()).machine())));
        } catch (IOException | JsonException e) {
            return Optional.empty();
        }
    }

    /** Lets go of every machine; they run on. */
    public void releaseAll() {
        machines.all().stream().map(RunningVm::machine).forEach(Machine::release);
    }
}
