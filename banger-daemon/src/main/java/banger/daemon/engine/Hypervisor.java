package banger.daemon.engine;

import banger.daemon.guest.Control;
import java.nio.file.Path;
import java.util.Optional;

/** An engine: starts machines and finds them again. */
public interface Hypervisor {
    Traits traits();

    /**
     * Starts a VMM. Returns when its channel is connected, long before the guest is ready.
     *
     * @throws banger.api.BangerException {@code vm.start-failed} with the VMM's last words; nothing runs then
     */
    Machine boot(BootSpec spec);

    /** Takes over a machine that an earlier daemon started; empty when it is gone. */
    Optional<Machine> reattach(String name, Path directory, MachineRef ref, Control.Listener listener);
}
