package banger.daemon.engine;

import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;

/** One VMM process of a machine: ended, awaited and let go of in the same way whatever the engine. Thread-safe. */
public final class RunningVmm {
    /** What an engine holds to its VMM. */
    public interface Ties {
        /**
         * Why it ended without being killed by us; asked once it is gone and before {@link #cut}.
         *
         * @param how {@code status 1: its last words}; more may be said of it
         */
        MachineExit exit(String how);

        /** Closes every connection to it; more than once is no harm. */
        void cut();
    }

    private final Vmm vmm;
    private final MachineRef ref;
    private final Ties ties;
    private final CompletableFuture<MachineExit> exit = new CompletableFuture<>();
    private final ReentrantLock ending = new ReentrantLock();
    private boolean ended;
    private volatile boolean killed;
    private volatile boolean released;

    public RunningVmm(Vmm vmm, MachineRef ref, Ties ties) {
        this.vmm = vmm;
        this.ref = ref;
        this.ties = ties;
    }

    public MachineRef ref() {
        return ref;
    }

    /** Completes when process and shim are gone. */
    public CompletableFuture<MachineExit> exit() {
        return exit;
    }

    /** Ends it at once; returns when it is gone, its sockets with it. */
    public void kill() {
        killed = true;
        ref.vmmProcess().kill();
        awaitEnd();
    }

    /** Lets it run on without us. */
    public void release() {
        released = true;
        ties.cut();
    }

    /** The connection that lasts as long as the process broke: it ends, or we have let go of it. Blocks until it has. */
    public void broke() {
        if (!released) awaitEnd();
    }

    /** Once: whoever comes second must not touch the sockets that the next start makes in the same directory. */
    private void awaitEnd() {
        Optional<MachineExit> told;
        ending.lock();
        try {
            if (ended) return;
            told = end();
            ended = told.isPresent();
        } finally {
            ending.unlock();
        }
        told.ifPresent(exit::complete);
    }

    /** Empty when the wait was interrupted. */
    private Optional<MachineExit> end() {
        try {
            if (!vmm.awaitEnd(ref)) return Optional.empty();
            var how = vmm.exitDetail();
            var told = killed ? new MachineExit(MachineExit.Cause.KILLED, how) : ties.exit(how);
            ties.cut();
            return Optional.of(told);
        } catch (IOException e) {
            ties.cut();
            return Optional.of(new MachineExit(MachineExit.Cause.FAILED, "its sockets cannot be removed: " + e));
        }
    }
}
