package banger.daemon.vm;

import banger.api.BangerException;
import banger.daemon.guest.Sleep;
import java.io.IOException;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts the clocks of running guests right after this host slept, or its own clock was set: no guest notices either
 * (decision 22).
 */
public final class HostClock implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HostClock.class);
    private static final Duration LOOKS_EVERY = Duration.ofSeconds(5);
    /** Below that it is the host's clock being kept, not set. */
    private static final long TOLERATED_NANOS = 500_000_000;

    private final VmTable table;
    private final Machines machines;
    private final VmLifecycle lifecycle;
    private final LongSupplier offset;
    private final Thread looking;
    private long last;

    public HostClock(VmTable table, Machines machines, VmLifecycle lifecycle) {
        // The one goes on while the host sleeps, the other does not.
        this(table, machines, lifecycle, () -> System.currentTimeMillis() * 1_000_000 - System.nanoTime());
    }

    /** @param offset nanoseconds that the host's clock is ahead of one that stands still while it sleeps */
    public HostClock(VmTable table, Machines machines, VmLifecycle lifecycle, LongSupplier offset) {
        this.table = table;
        this.machines = machines;
        this.lifecycle = lifecycle;
        this.offset = offset;
        this.last = offset.getAsLong();
        this.looking = Thread.ofVirtual().name("host-clock").unstarted(this::look);
    }

    /** Begins to look. Nobody knows what the clock did before: the guests that run are told. */
    public void start() {
        tellAll();
        looking.start();
    }

    private void look() {
        while (!Thread.currentThread().isInterrupted()) {
            try {
                Thread.sleep(LOOKS_EVERY);
            } catch (InterruptedException e) {
                return;
            }
            check();
        }
    }

    /** Looks once. */
    public synchronized void check() {
        long now = offset.getAsLong();
        long moved = now - last;
        last = now;
        if (Math.abs(moved) < TOLERATED_NANOS) return;
        LOG.info("this host's clock went {} s beside its running time: guests are told", moved / 1_000_000_000.0);
        tellAll();
    }

    private void tellAll() {
        for (var running : machines.all())
            Thread.ofVirtual().name("clock-of-" + running.name()).start(() -> tell(running));
    }

    private void tell(RunningVm running) {
        try (var _ = lifecycle.locks().hold(running.id())) {
            // One that is paused, or saved by now, is told when it goes on.
            boolean runs = table.find(running.id())
                    .filter(vm -> vm.state() == VmState.RUNNING)
                    .isPresent();
            if (!runs || machines.find(running.id()).filter(running::equals).isEmpty()) return;
            Sleep.tellTime(running.machine().control());
        } catch (IOException | BangerException e) {
            LOG.warn("vm {}: its clock was not put right", running.name(), e);
        }
    }

    @Override
    public void close() {
        looking.interrupt();
    }
}
