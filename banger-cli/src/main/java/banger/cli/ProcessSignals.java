package banger.cli;

import java.util.function.IntConsumer;
import sun.misc.Signal;

/** Signals that reach this process, through the one API the JDK has for them. */
public final class ProcessSignals {
    private ProcessSignals() {}

    /** Calls the handler with the signal's number; a signal that the JVM keeps for itself is left alone. */
    public static void handle(String name, IntConsumer handler) {
        try {
            Signal.handle(new Signal(name), s -> handler.accept(s.getNumber()));
        } catch (IllegalArgumentException e) {
            // In use by the JVM (QUIT): it keeps its meaning there.
            return;
        }
    }
}
