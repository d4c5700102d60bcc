package banger.daemon.engine;

import banger.daemon.guest.Control;
import banger.daemon.guest.GuestChannel;
import java.util.concurrent.CompletableFuture;

/** A running VMM process. Thread-safe. */
public interface Machine {
    MachineRef ref();

    /** The control conversation with its guest. */
    Control control();

    GuestChannel streams();

    /** Completes when the VMM is gone and its exit is known. */
    CompletableFuture<MachineExit> exit();

    /** Ends the VMM at once; returns when it is gone, its sockets with it. */
    void kill();

    /** Lets go of it without touching it: the daemon ends, the machine runs on. */
    void release();
}
