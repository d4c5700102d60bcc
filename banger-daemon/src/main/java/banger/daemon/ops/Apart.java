package banger.daemon.ops;

import banger.api.BangerException;
import banger.api.ErrorCode;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.slf4j.MDC;

/**
 * Work on connections that others go on using: an interrupt would close them. It is done on a thread of its own that no
 * interrupt reaches.
 */
public final class Apart {
    private Apart() {}

    /** What is to be done; it ends early, in good order, once it is cancelled. */
    @FunctionalInterface
    public interface Work<T> {
        T run(BooleanSupplier cancelled);
    }

    /**
     * Runs the work and waits for its end, whatever happens.
     *
     * @throws BangerException {@code cancelled} when the caller was interrupted meanwhile, though the work was done
     */
    public static <T> T run(Work<T> work) {
        var cancelled = new AtomicBoolean();
        // What it logs belongs to the caller's operation.
        var context = MDC.getCopyOfContextMap();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var running = threads.submit(() -> {
                if (context != null) MDC.setContextMap(context);
                return work.run(cancelled::get);
            });
            while (true) {
                try {
                    var result = running.get();
                    if (cancelled.get()) throw new BangerException(ErrorCode.CANCELLED, "cancelled");
                    return result;
                } catch (InterruptedException e) {
                    cancelled.set(true);
                } catch (ExecutionException e) {
                    if (cancelled.get()) throw new BangerException(ErrorCode.CANCELLED, "cancelled").because(e);
                    throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e);
                }
            }
        } finally {
            if (cancelled.get()) Thread.currentThread().interrupt();
        }
    }
}
