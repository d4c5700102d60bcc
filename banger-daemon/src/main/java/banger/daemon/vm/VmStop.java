package banger.daemon.vm;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.daemon.config.Settings;
import banger.daemon.ops.Both;
import banger.daemon.ops.Failpoint;
import banger.daemon.progress.Progress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** Ends running machines: cleanly through the agent, or at once. The caller holds the VM's lock. */
final class VmStop {
    /** Within this the agent has answered or spoken of dirty pages, or it is hung (decision 20). */
    private static final Duration ACKNOWLEDGED_WITHIN = Duration.ofSeconds(2);

    private final VmTable table;
    private final VmNetwork network;
    private final VmDisks disks;
    private final Machines machines;
    private final Settings settings;

    VmStop(VmTable table, VmNetwork network, VmDisks disks, Machines machines, Settings settings) {
        this.table = table;
        this.network = network;
        this.disks = disks;
        this.machines = machines;
        this.settings = settings;
    }

    /** Syncs and freezes the guest's file systems, then ends the VMM. Runs to its end once begun. */
    void stop(Vm vm, RunningVm running, Progress progress) {
        long began = System.nanoTime();
        table.state(vm.id(), VmState.STOPPING, "");
        Failpoint.STOP_INTENT.pass();
        machines.take(running);
        boolean synced = sync(running, progress);
        Failpoint.STOP_SYNCED.pass();
        end(vm, running);
        written(vm, VmState.STOPPED);
        progress.done("vm " + vm.name(), "stopped", (System.nanoTime() - began) / 1_000_000);
        if (!synced)
            progress.warn("vm " + vm.name() + ": its agent did not answer, so nothing was synced; the last writes may"
                    + " be missing");
    }

    /** Asks the guest's init for its shutdown and waits for the machine to end; false when it did not. */
    boolean graceful(Vm vm, RunningVm running, Progress progress) {
        try {
            running.agent().power("poweroff");
        } catch (BangerException e) {
            progress.warn("vm " + vm.name() + ": its shutdown could not be asked for (" + e.fact() + ")");
            return false;
        }
        progress.doing("vm " + vm.name(), "shutting down", 0, 0);
        table.state(vm.id(), VmState.STOPPING, "");
        machines.take(running);
        try {
            running.machine().exit().get(settings.stopTimeout().toMillis(), java.util.concurrent.TimeUnit.MILLISECONDS);
        } catch (java.util.concurrent.TimeoutException e) {
            machines.put(running);
            progress.warn("vm " + vm.name() + ": did not shut down within "
                    + settings.stopTimeout().toSeconds() + " s");
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            machines.put(running);
            return false;
        } catch (java.util.concurrent.ExecutionException e) {
            throw new IllegalStateException(e);
        }
        release(vm);
        return true;
    }

    /** Ends the VMM at once; nothing is synced. */
    void kill(Vm vm, RunningVm running) {
        table.state(vm.id(), VmState.STOPPING, "");
        Failpoint.STOP_INTENT.pass();
        machines.take(running);
        end(vm, running);
        written(vm, VmState.STOPPED);
    }

    /** Ends the VMM and its network at the same time: each is some ten milliseconds of waiting. */
    void end(Vm vm, RunningVm running) {
        Both.of(
                () -> {
                    network.detach(vm);
                    return true;
                },
                () -> {
                    running.machine().kill();
                    return true;
                });
        Failpoint.STOP_KILLED.pass();
    }

    /** Gives back what only a running VM needs and writes down that it is stopped. */
    void release(Vm vm) {
        release(vm, VmState.STOPPED);
    }

    void release(Vm vm, VmState after) {
        network.detach(vm);
        written(vm, after);
    }

    private void written(Vm vm, VmState after) {
        // What is said to be stopped stays so, whatever the host does.
        disks.settling().now(vm.id());
        disks.removeRun(vm.id());
        table.state(vm.id(), after, "");
        Failpoint.STOP_DONE.pass();
    }

    private boolean sync(RunningVm running, Progress progress) {
        running.forgetDirty();
        var answered = new CompletableFuture<Boolean>();
        Thread.ofVirtual().name("sync-" + running.name()).start(() -> {
            try {
                running.agent().sync(true, settings.stopTimeout());
                answered.complete(true);
            } catch (BangerException e) {
                answered.complete(false);
            }
        });
        long began = System.nanoTime();
        while (true) {
            try {
                return answered.get(50, java.util.concurrent.TimeUnit.MILLISECONDS);
            } catch (java.util.concurrent.TimeoutException e) {
                long dirty = running.dirtyKib();
                long waited = (System.nanoTime() - began) / 1_000_000;
                if (dirty < 0 && waited > ACKNOWLEDGED_WITHIN.toMillis()) return false;
                if (dirty >= 0)
                    progress.doing("vm " + running.name(), "writing " + dirty / 1024 + " MiB to its disks", 0, 0);
            } catch (InterruptedException e) {
                // Stop runs to its end once its intent is written: the interrupt is dropped on purpose.
                continue;
            } catch (java.util.concurrent.ExecutionException e) {
                throw new BangerException(ErrorCode.INTERNAL, "vm " + running.name() + ": " + e.getCause()).because(e);
            }
        }
    }
}
