package banger.daemon;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/** Ends an unused daemon: nothing runs, nothing is under way, and nobody asked for anything for a while. */
final class IdleTimer {
    private static final Duration LOOK_EVERY = Duration.ofSeconds(30);

    private final Duration limit;
    private final Duration lookEvery;
    private volatile long lastUse = System.nanoTime();

    IdleTimer(Duration limit) {
        this(limit, LOOK_EVERY);
    }

    IdleTimer(Duration limit, Duration lookEvery) {
        this.limit = limit;
        this.lookEvery = lookEvery;
    }

    void touch() {
        lastUse = System.nanoTime();
    }

    void watch(BooleanSupplier inUse, Runnable end) {
        Thread.ofVirtual().name("idle-timer").start(() -> {
            while (true) {
                try {
                    Thread.sleep(lookEvery);
                } catch (InterruptedException e) {
                    return;
                }
                if (inUse.getAsBoolean()) touch();
                else if (System.nanoTime() - lastUse > limit.toNanos()) {
                    end.run();
                    return;
                }
            }
        });
    }
}
