package banger.daemon.engine;

import banger.daemon.disk.DiskChains;
import banger.daemon.guest.Control;
import banger.daemon.guest.GuestChannel;
import banger.daemon.guest.Sleep;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;

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

    /**
     * Begins what {@link #save} does while the guest runs, so that little is left for when it stands still. An engine
     * that cannot do that leaves all for then, and so does one whose guest changes its memory faster than it is written.
     *
     * @param cancelled asked again and again; once it says so, this ends with an error
     * @throws IOException when it cannot be done; the guest runs on
     */
    default Saving saveLive(Path directory, BooleanSupplier cancelled) throws IOException {
        return () -> save(directory);
    }

    /** A save that was begun. Closed before it is finished it never was: the guest runs on. */
    interface Saving extends AutoCloseable {
        /** Writes the rest, once the guest is prepared. It is paused and stays so, whether this succeeds or not. */
        void finish() throws IOException;

        @Override
        default void close() {}
    }

    /**
     * Has it write to new files from now on, over those that it wrote to so far, which stay as they are: all of them, or none. It
     * is paused, and its directory has the old files by their names and the new ones, empty. Said again, what was done stays.
     * Only where the traits say that it can.
     *
     * @throws IOException when it could not be done, or it is not known whether it was: see {@link #stacked}
     */
    default void stack(DiskChains disks) throws IOException {
        throw new IOException("an engine without layers");
    }

    /** Whether it writes to the files that {@link #stack} told it of. */
    default boolean stacked(DiskChains disks) throws IOException {
        throw new IOException("an engine without layers");
    }

    /**
     * Begins to copy what is in its layers, but for the lowest, into the files that it writes to, while it runs. What is copied
     * counts once {@link #flattened} is asked; a save, or new files, end it before that, which is no harm.
     */
    default void flatten(DiskChains disks) throws IOException {}

    /** Whether there is something left to copy. */
    default boolean flattening() throws IOException {
        return false;
    }

    /** The drives for which that is done: nothing but the lowest layer is needed any more. It is not under way when this returns. */
    default Set<String> flattened(DiskChains disks) throws IOException {
        return Set.of();
    }

    /** Lets a machine that was saved or restored run on, tells its guest, and opens streams to it again. */
    void wake(Sleep.Kind kind) throws IOException;

    /** Completes when the VMM is gone and its exit is known. */
    CompletableFuture<MachineExit> exit();

    /** Ends the VMM at once; returns when it is gone, its sockets with it. */
    void kill();

    /** Lets go of it without touching it: the daemon ends, the machine runs on. */
    void release();
}
