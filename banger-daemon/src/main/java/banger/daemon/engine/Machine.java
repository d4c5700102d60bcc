package banger.daemon.engine;

import banger.daemon.guest.Control;
import banger.daemon.guest.GuestChannel;
import banger.daemon.guest.Sleep;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;

/** A running VMM process. Thread-safe. */
public interface Machine {
    MachineRef ref();

    /** The control conversation with its guest. */
    Control control();

    /** Streams to its guest; another one after {@link #wake}. */
    GuestChannel streams();

    /** Stops its vCPUs where they are; the guest does not notice. Paused already: nothing happens. */
    void pause() throws IOException;

    /** Lets its vCPUs run on; its guest's clock is as far behind as it was paused. */
    void unpause() throws IOException;

    /**
     * @param listener called, on a thread of its own, whenever the machine has stopped its vCPUs because a disk
     *     of this host has no room for what its guest writes; soon, too, when it stands like that already. The
     *     guest has lost nothing: {@link #unpause} lets it try again. An engine that hands the error to the guest
     *     never calls it. The next listener takes this one's place
     */
    void whenStarved(Runnable listener);

    /** Whether it stands like that now. */
    default boolean starved() {
        return false;
    }

    /**
     * Writes what is needed to continue it elsewhere: memory and devices, not the disks. It is paused and
     * stays so, whether this succeeds or not.
     *
     * @param directory in the machine's own directory, empty, writable for the VMM
     */
    void save(Path directory) throws IOException;

    /** Lets a machine that was saved or restored run on, tells its guest, and opens streams to it again. */
    void wake(Sleep.Kind kind) throws IOException;

    /** Completes when the VMM is gone and its exit is known. */
    CompletableFuture<MachineExit> exit();

    /** Ends the VMM at once; returns when it is gone, its sockets with it. */
    void kill();

    /** Lets go of it without touching it: the daemon ends, the machine runs on. */
    void release();
}
