package banger.cli;

import java.util.concurrent.locks.LockSupport;

/** The process, and the only place that exits. */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) {
        int status = Launch.run(arguments);
        // By a signal: what is to be tidied up is being, and the status will tell of the signal.
        while (isBeingEnded()) LockSupport.park();
        // Everything is done and closed: exit() would load the logging system to record itself (20 ms).
        Runtime.getRuntime().halt(status);
    }

    private static boolean isBeingEnded() {
        try {
            Runtime.getRuntime().removeShutdownHook(Thread.currentThread());
            return false;
        } catch (IllegalStateException e) {
            return true;
        }
    }
}
