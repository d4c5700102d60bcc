package banger.daemon.vm;

import banger.api.BangerException;
import banger.daemon.engine.MachineExit;
import banger.daemon.ops.KeyedLocks;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What becomes of a VM whose machine ended, or stands still, without anybody having asked for it. */
final class MachineEnds {
    private static final Logger LOG = LoggerFactory.getLogger(MachineEnds.class);
    private static final int REBOOTS_A_MINUTE = 3;

    private final VmTable table;
    private final VmDisks disks;
    private final Machines machines;
    private final KeyedLocks<VmId> locks;
    private final VmStop stop;
    private final Consumer<Vm> boot;
    private final Map<VmId, Deque<Long>> reboots = new ConcurrentHashMap<>();

    /** @param boot boots a VM again whose lock is held */
    MachineEnds(
            VmTable table, VmDisks disks, Machines machines, KeyedLocks<VmId> locks, VmStop stop, Consumer<Vm> boot) {
        this.table = table;
        this.disks = disks;
        this.machines = machines;
        this.locks = locks;
        this.stop = stop;
        this.boot = boot;
    }

    void watch(RunningVm running) {
        running.machine().whenStarved(() -> starved(running));
        running.machine()
                .exit()
                .thenAccept(exit ->
                        Thread.ofVirtual().name("end-of-" + running.name()).start(() -> ended(running, exit)));
    }

    /** Nothing is lost: it goes on where it was when it is resumed. */
    private void starved(RunningVm running) {
        try (var _ = locks.hold(running.id())) {
            if (machines.find(running.id()).filter(running::equals).isEmpty()) return;
            // It is heard of once for each write that waits.
            if (table.find(running.id())
                    .filter(v -> v.state() == VmState.RUNNING)
                    .isEmpty()) return;
            LOG.warn("vm {}: {}", running.name(), VmStart.STARVED);
            // Its state has to be written to the same disk, as a rule.
            disks.makeRoom();
            table.state(running.id(), VmState.PAUSED, VmStart.STARVED);
            running.tell("warning: vm " + running.name() + ": is paused: " + VmStart.STARVED
                    + "; make room, then banger vm resume " + running.name());
        }
    }

    private void ended(RunningVm running, MachineExit exit) {
        try (var _ = locks.hold(running.id())) {
            if (!machines.take(running)) return; // a stop, kill or delete has seen to it
            var found = table.find(running.id());
            if (found.isEmpty()) return;
            var vm = found.get();
            stop.release(vm);
            var panicked = ConsoleLog.panicked(disks.directory(vm.id()));
            LOG.info("vm {}: ended by itself ({})", vm.name(), exit.detail());
            switch (exit.cause()) {
                case POWEROFF -> {}
                case RESET -> {
                    if (panicked) table.state(vm.id(), VmState.ERROR, "the guest's kernel panicked");
                    else reboot(vm);
                }
                case KILLED, FAILED ->
                    table.state(vm.id(), VmState.ERROR, "the VMM ended by itself (" + exit.detail() + ")");
            }
        }
    }

    private void reboot(Vm vm) {
        var times = reboots.computeIfAbsent(vm.id(), i -> new ArrayDeque<>());
        long now = System.nanoTime();
        times.addLast(now);
        while (now - times.getFirst() > 60_000_000_000L) times.removeFirst();
        if (times.size() > REBOOTS_A_MINUTE) {
            table.state(vm.id(), VmState.ERROR, "the guest rebooted " + times.size() + " times within a minute");
            return;
        }
        try {
            boot.accept(vm);
        } catch (VmStart.NotReady | BangerException e) {
            // The state and its reason are in the store; there is nobody to tell here.
            return;
        }
    }
}
