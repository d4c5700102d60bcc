package banger.workspace;

import banger.api.BangerException;
import banger.api.ErrorCode;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** Something that is done while its caller does something else. It is over when this is closed. */
public final class Beside<T> implements AutoCloseable {
    private final FutureTask<T> task;
    private final Thread thread;

    private Beside(FutureTask<T> task, Thread thread) {
        this.task = task;
        this.thread = thread;
    }

    /** @param name of its thread */
    public static <T> Beside<T> of(String name, Callable<T> work) {
        var task = new FutureTask<>(work);
        return new Beside<>(task, Thread.ofVirtual().name(name).start(task));
    }

    /** Waits for it; what it threw is thrown here. */
    public T get() {
        try {
            return task.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException told) throw told;
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BangerException(ErrorCode.CANCELLED, "cancelled").because(e);
        }
    }

    @Override
    public void close() {
        boolean interrupted = false;
        while (true) {
            try {
                thread.join();
                break;
            } catch (InterruptedException e) {
                // A program that it runs is ended with it, and nothing is at work behind our back.
                thread.interrupt();
                interrupted = true;
            }
        }
        if (interrupted) Thread.currentThread().interrupt();
    }
}
