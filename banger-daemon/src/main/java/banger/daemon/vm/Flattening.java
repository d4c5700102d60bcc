package banger.daemon.vm;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.daemon.disk.DiskChain;
import banger.daemon.disk.DiskChains;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes deep disks less deep, while their machine runs: it copies what is between the lowest layer and the file that it writes to
 * into that (docs/adr/0033). The caller holds the VM's lock.
 */
final class Flattening {
    private static final Logger LOG = LoggerFactory.getLogger(Flattening.class);
    /** From here on it is worth copying. */
    private static final int DEEP = 8;

    private static final Duration LONGEST = Duration.ofMinutes(10);

    private final VmLayers layers;

    Flattening(VmLayers layers) {
        this.layers = layers;
    }

    /** What a machine would copy to flatten it: all but the lowest. */
    private long between(DiskChains disks) {
        return layers.store()
                .allocated(disks.both().stream()
                        .flatMap(c ->
                                c.layers().stream().limit(Math.max(0, c.layers().size() - 1))));
    }

    /** Begins to flatten the disks of a VM that runs, when they are deep and there is room. What goes wrong is no harm. */
    void begin(Vm vm, RunningVm running) {
        try {
            var disks = layers.of(vm.id());
            if (disks.depth() <= DEEP || running.machine().flattening()) return;
            long needed = between(disks) * 2;
            if (Files.getFileStore(layers.directory(vm.id())).getUsableSpace() < needed) {
                LOG.info("vm {}: its disks stay {} files deep, for want of room", vm.name(), disks.depth());
                return;
            }
            running.machine().flatten(disks);
        } catch (IOException | BangerException e) {
            LOG.warn("vm {}: its disks cannot be flattened", vm.name(), e);
        }
    }

    /**
     * Where the disks of a VM that runs are as deep as they may get, waits until they are flat.
     *
     * @return whether they were that deep, and are flat
     */
    boolean awaitFlat(Vm vm, RunningVm running) {
        var disks = layers.of(vm.id());
        if (disks.depth() < DiskChain.MOST_LAYERS) return false;
        begin(vm, running);
        long deadline = System.nanoTime() + LONGEST.toNanos();
        try {
            while (running.machine().flattening() && System.nanoTime() < deadline) Thread.sleep(20);
            var flat = running.machine().flattened(disks);
            return disks.both().stream().allMatch(c -> c.layers().size() < 2 || flat.contains(c.drive()));
        } catch (IOException e) {
            // It has ended, or will say the same to whoever asks next.
            LOG.warn("vm {}: its disks cannot be flattened", vm.name(), e);
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BangerException(ErrorCode.CANCELLED, "cancelled").because(e);
        }
    }

    /**
     * Leaves out layers that are not needed: what is in them is in the uppermost too, which is on disk.
     *
     * @param drives of which that is true
     */
    DiskChains shorten(Vm vm, DiskChains disks, Set<String> drives) {
        var shorter = new DiskChains(shorter(disks.overlay(), drives), shorter(disks.work(), drives));
        if (!shorter.equals(disks)) shorter.write(layers.directory(vm.id()));
        return shorter;
    }

    private static DiskChain shorter(DiskChain chain, Set<String> drives) {
        if (!drives.contains(chain.drive()) || chain.layers().size() < 3) return chain;
        return new DiskChain(
                chain.active(),
                chain.format(),
                chain.size(),
                List.of(chain.layers().getFirst(), chain.layers().getLast()));
    }
}
