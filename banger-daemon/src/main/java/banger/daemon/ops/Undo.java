package banger.daemon.ops;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What has to be taken back when an operation fails: each acquisition registers its undo at once,
 * failure runs them in reverse, and the first failure stays the primary one.
 *
 * <pre>{@code
 * try (var undo = new Undo()) {
 *     acquire(); undo.add(this::release);
 *     ...
 *     undo.commit();
 * }
 * }</pre>
 */
public final class Undo implements AutoCloseable {
    private final Deque<Runnable> steps = new ArrayDeque<>();

    public void add(Runnable step) {
        steps.push(step);
    }

    /** All went well: nothing is taken back. */
    public void commit() {
        steps.clear();
    }

    /** Takes back what was not committed. Steps run without the interrupt that may have ended the operation. */
    @Override
    public void close() {
        if (steps.isEmpty()) return;
        var interrupted = Thread.interrupted();
        RuntimeException first = null;
        while (!steps.isEmpty()) {
            try {
                steps.pop().run();
            } catch (RuntimeException e) {
                if (first == null) first = e;
                else first.addSuppressed(e);
            }
        }
        if (interrupted) Thread.currentThread().interrupt();
        if (first != null) throw first;
    }
}
