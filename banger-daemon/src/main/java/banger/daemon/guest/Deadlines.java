package banger.daemon.guest;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** One timer thread for all deadlines of this process; what it runs must not block. */
public final class Deadlines {
    private static final ScheduledExecutorService TIMER = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("deadlines").factory());

    private Deadlines() {}

    public static ScheduledFuture<?> after(Duration time, Runnable action) {
        return TIMER.schedule(
                () -> {
                    Thread.ofVirtual().start(action);
                },
                time.toMillis(),
                TimeUnit.MILLISECONDS);
    }
}
