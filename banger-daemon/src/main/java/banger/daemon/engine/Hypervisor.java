package banger.daemon.engine;

import banger.daemon.guest.Control;
import java.nio.file.Path;
import java.util.Optional;

/** An engine: starts machines and finds them again. */
public interface Hypervisor {
    Traits traits();

    /**
     * What a saved state needs to find again on the engine's side: version, machine, CPU. Engines do not
     * check it themselves; a state that is continued elsewhere is corruption.
     */
    String likeness();

    /**
     * Starts a VMM. Returns when its channel is connected, long before the guest is ready.
     *
     * @throws banger.api.BangerException {@code vm.start-failed} with the VMM's last words; nothing runs then
     */
    Machine boot(BootSpec spec);

    /**
     * Starts a VMM that continues from a saved state, its vCPUs still stopped: {@link Machine#wake} lets
     * them run. The spec is that of the machine that was saved, but for its directory and tap, the sizes of its
     * writable disks, and its memory: what was recorded is mapped. What was not may be loaded to be recorded; it is
     * saved again then before it wakes.
     *
     * @param saved what {@link Machine#save} filled, needed until the machine woke
     * @throws banger.api.BangerException {@code vm.start-failed} with the VMM's last words; nothing runs then
     */
    Machine restore(BootSpec spec, Path saved);

    /** Takes over a machine that an earlier daemon started; empty when it is gone. */
    Optional<Machine> reattach(String name, Path directory, MachineRef ref, Control.Listener listener);
}
