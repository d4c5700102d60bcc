package banger.daemon.engine;

import banger.daemon.disk.DiskChain;
import banger.daemon.disk.DiskChains;
import banger.daemon.disk.EmptyQcow2;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/** What a made-up machine writes to, and what becomes of it when it is told to write elsewhere. */
public final class FakeDisks {
    private volatile Optional<DiskChains> chains = Optional.empty();
    private final AtomicInteger flattenings = new AtomicInteger();
    private volatile boolean flat;
    private volatile Stacking stacking = Stacking.DONE;

    /** What becomes of it when it is told to write to new files. */
    public enum Stacking {
        DONE,
        REFUSED,
        /** It does it, but its answer is lost. */
        UNTOLD,
        /** It does not say any more what it does. */
        UNKNOWN
    }

    /** From now on. */
    public void stacks(Stacking how) {
        stacking = how;
    }

    /** How often it was told to flatten them. */
    public int flattenings() {
        return flattenings.get();
    }

    /** It is done with that. */
    public void areFlat() {
        flat = true;
    }

    void has(Optional<DiskChains> its) {
        chains = its;
    }

    /** Empty: the raw files. */
    public Optional<DiskChains> chains() {
        return chains;
    }

    void stack(DiskChains wanted, Path directory, boolean paused) throws IOException {
        if (chains.equals(Optional.of(wanted))) return;
        if (!paused) throw new IllegalStateException("it is not paused");
        for (var chain : wanted.both())
            if (!EmptyQcow2.is(directory.resolve(chain.active()), chain.size()))
                throw new IllegalStateException(chain.active() + " is not empty");
        // An engine opens them once more, by their names.
        for (var drive : List.of("vdb", "vdc"))
            if (!Files.isReadable(directory.resolve(active(drive))))
                throw new IllegalStateException(active(drive) + " is gone");
        if (stacking == Stacking.DONE || stacking == Stacking.UNTOLD) chains = Optional.of(wanted);
        if (stacking != Stacking.DONE) throw new IOException("QEMU refused: no luck");
    }

    private String active(String drive) {
        return chains.stream()
                .flatMap(d -> d.both().stream())
                .filter(c -> c.drive().equals(drive))
                .map(DiskChain::active)
                .findFirst()
                .orElse(drive);
    }

    boolean stacked(DiskChains wanted) throws IOException {
        if (stacking == Stacking.UNKNOWN) throw new IOException("it does not answer");
        return chains.equals(Optional.of(wanted));
    }

    void flatten() {
        flattenings.incrementAndGet();
    }

    Set<String> flattened() {
        var now = flat;
        flat = false;
        return now ? Set.of("vdb", "vdc") : Set.of();
    }
}
