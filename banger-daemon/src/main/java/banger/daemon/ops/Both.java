package banger.daemon.ops;

import banger.api.BangerException;
import banger.api.ErrorCode;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;

/** Two results that were worked for at the same time. */
public record Both<A, B>(A first, B second) {
    /**
     * Runs the first on a thread of its own and the second on the caller's. When the second fails, or the
     * caller is interrupted, the first is interrupted and waited for.
     */
    public static <A, B> Both<A, B> of(Supplier<A> first, Supplier<B> second) {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<A> running = threads.submit(first::get);
            try {
                var b = second.get();
                return new Both<>(running.get(), b);
            } catch (InterruptedException e) {
                running.cancel(true);
                Thread.currentThread().interrupt();
                throw new BangerException(ErrorCode.CANCELLED, "cancelled").because(e);
            } catch (ExecutionException e) {
                throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e);
            } catch (RuntimeException e) {
                running.cancel(true);
                throw e;
            }
        }
    }
}
