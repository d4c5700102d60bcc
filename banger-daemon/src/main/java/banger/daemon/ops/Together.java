package banger.daemon.ops;

import banger.api.BangerException;
import banger.api.ErrorCode;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;

/** The same work for several things at the same time. */
public final class Together {
    private Together() {}

    /**
     * Runs the work for each on a thread of its own. When one fails, or the caller is interrupted, all others are
     * interrupted and waited for.
     *
     * @throws BangerException {@code cancelled} when the caller was interrupted
     * @throws RuntimeException the first failure
     */
    public static <T> void each(List<T> things, Consumer<T> work) {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var ended = new ExecutorCompletionService<Boolean>(threads);
            for (var thing : things)
                ended.submit(() -> {
                    work.accept(thing);
                    return true;
                });
            try {
                for (var _ : things) ended.take().get();
            } catch (InterruptedException e) {
                threads.shutdownNow();
                Thread.currentThread().interrupt();
                throw new BangerException(ErrorCode.CANCELLED, "cancelled").because(e);
            } catch (ExecutionException e) {
                threads.shutdownNow();
                throw e.getCause() instanceof RuntimeException told ? told : new IllegalStateException(e);
            }
        }
    }
}
