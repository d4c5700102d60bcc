package banger.daemon.publish;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.daemon.progress.Progress;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Work that several callers want and that is done once: whoever comes while it runs waits for the same
 * result and sees the same progress. The work is interrupted when its last waiter has left.
 *
 * <p>Thread-safe. The work runs on a virtual thread of its own, so that the first caller can leave
 * without taking it along.
 */
public final class SingleFlight<T> {
    /** The work; an interrupt asks it to stop and leave nothing. */
    @FunctionalInterface
    public interface Work<T> {
        T run(Progress progress);
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, Flight<T>> flights = new HashMap<>();

    /**
     * Runs the work or joins the run that is under way for this key.
     *
     * @throws BangerException {@code cancelled} when the calling thread is interrupted; if it was the last
     *     waiter, the work has ended by then. Otherwise what the work threw
     */
    public T run(String key, Progress progress, Work<T> work) {
        while (true) {
            var flight = board(key, work, progress);
            if (flight.abandoned) {
                awaitEnd(flight, key);
                continue;
            }
            return ride(key, flight, progress);
        }
    }

    private Flight<T> board(String key, Work<T> work, Progress progress) {
        lock.lock();
        try {
            var flight = flights.get(key);
            if (flight == null) {
                flight = new Flight<>();
                flights.put(key, flight);
                // Before it starts: quick work would be over before anybody listened.
                flight.progress.add(progress);
                flight.thread = start(key, flight, work);
                flight.waiters++;
                return flight;
            }
            if (!flight.abandoned) {
                flight.waiters++;
                flight.progress.add(progress);
            }
            return flight;
        } finally {
            lock.unlock();
        }
    }

    private Thread start(String key, Flight<T> flight, Work<T> work) {
        return Thread.ofVirtual().name("flight-" + key).start(() -> {
            try {
                var result = work.run(flight.progress);
                leave(key, flight);
                flight.result.complete(result);
            } catch (Throwable e) {
                leave(key, flight);
                flight.result.completeExceptionally(e);
            }
        });
    }

    /** Before the result is there, so that whoever comes later starts anew. */
    private void leave(String key, Flight<T> flight) {
        lock.lock();
        try {
            flights.remove(key, flight);
        } finally {
            lock.unlock();
        }
    }

    private T ride(String key, Flight<T> flight, Progress progress) {
        try {
            return flight.result.get();
        } catch (InterruptedException e) {
            if (isLast(flight)) end(flight);
            Thread.currentThread().interrupt();
            throw cancelled(key).because(e);
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case RuntimeException r -> throw r;
                case Error r -> throw r;
                case null, default -> throw new IllegalStateException(e);
            }
        } finally {
            flight.progress.remove(progress);
        }
    }

    private boolean isLast(Flight<T> flight) {
        lock.lock();
        try {
            flight.abandoned = --flight.waiters == 0;
            return flight.abandoned;
        } finally {
            lock.unlock();
        }
    }

    /** Interrupts the work and waits for it to have cleaned up, whatever further interrupts come. */
    private static <T> void end(Flight<T> flight) {
        if (flight.thread != null) flight.thread.interrupt();
        while (true) {
            try {
                flight.result.get();
                return;
            } catch (InterruptedException e) {
                continue;
            } catch (ExecutionException | CancellationException e) {
                return;
            }
        }
    }

    private static <T> void awaitEnd(Flight<T> flight, String key) {
        try {
            flight.result.handle((value, failure) -> true).get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw cancelled(key).because(e);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    private static BangerException cancelled(String key) {
        return new BangerException(ErrorCode.CANCELLED, key + ": cancelled");
    }

    private static final class Flight<T> {
        final CompletableFuture<T> result = new CompletableFuture<>();
        final SharedProgress progress = new SharedProgress();

        @org.jspecify.annotations.Nullable
        volatile Thread thread;

        int waiters;
        volatile boolean abandoned;
    }
}
