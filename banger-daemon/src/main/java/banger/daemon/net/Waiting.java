package banger.daemon.net;

import banger.api.BangerException;
import banger.api.ErrorCode;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/** Waiting for what cannot announce itself: another program's process, socket or interface. */
final class Waiting {
    private static final Duration STEP = Duration.ofMillis(5);

    private Waiting() {}

    /** Whether it came true in time. */
    static boolean until(Duration deadline, BooleanSupplier condition) {
        long end = System.nanoTime() + deadline.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) return false;
            try {
                Thread.sleep(STEP);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new BangerException(ErrorCode.CANCELLED, "network: cancelled").because(e);
            }
        }
        return true;
    }
}
