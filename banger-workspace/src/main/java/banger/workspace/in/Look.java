package banger.workspace.in;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.workspace.RepoPath;
import banger.workspace.git.HostRepository;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * A work tree that is being looked at: where it is is known from the beginning, so that what needs no more can begin
 * meanwhile. Closed before its end, the look is broken off.
 */
public final class Look implements AutoCloseable {
    private static final long ENDS_WITHIN_MS = 5000;

    private final HostRepository repository;
    private final boolean committed;
    private final FutureTask<Source> source;
    private final Optional<Thread> looking;

    private Look(HostRepository repository, boolean committed, FutureTask<Source> source, Optional<Thread> looking) {
        this.repository = repository;
        this.committed = committed;
        this.source = source;
        this.looking = looking;
    }

    /**
     * Begins to look.
     *
     * @param environment of this process
     * @throws BangerException {@code repository.unsuitable}: there is none
     */
    public static Look begin(Map<String, String> environment, Wish wish) {
        var inspection = new Inspection(environment);
        var repository = inspection.find(wish);
        var source = new FutureTask<>(() -> inspection.of(wish, repository));
        var looking = Thread.ofPlatform().daemon().name("look").start(source);
        return new Look(repository, wish.from().isPresent(), source, Optional.of(looking));
    }

    /** One that is over. */
    public static Look over(Source seen) {
        var source = new FutureTask<>(() -> seen);
        source.run();
        return new Look(seen.repository(), seen.wish().from().isPresent(), source, Optional.empty());
    }

    public HostRepository repository() {
        return repository;
    }

    /**
     * What goes in, once that is known.
     *
     * @throws BangerException what {@link Inspection#of} throws
     */
    public Source source() {
        try {
            return source.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException told) throw told;
            throw new IllegalStateException(e);
        } catch (CancellationException e) {
            throw new BangerException(ErrorCode.CANCELLED, "cancelled").because(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BangerException(ErrorCode.CANCELLED, "cancelled").because(e);
        }
    }

    /** Its files, to be read; waits for the look only where they are those of a commit. */
    public TopFiles topFiles() {
        return committed ? TopFiles.of(source()) : TopFiles.onDisk(repository);
    }

    /** Whether a file goes in that has this name, from the top. */
    public boolean takes(RepoPath path) {
        if (!committed) {
            // What is not there cannot go in, and for that nobody need have looked at the rest.
            try (var files = TopFiles.onDisk(repository)) {
                if (!files.has(path)) return false;
            }
        }
        return source().files().stream().anyMatch(f -> f.path().equals(path));
    }

    @Override
    public void close() {
        source.cancel(true);
        try {
            // Git is ended with it, and its copy of the index is removed.
            if (looking.isPresent()) looking.get().join(ENDS_WITHIN_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
