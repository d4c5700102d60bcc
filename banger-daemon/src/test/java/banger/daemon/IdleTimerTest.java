package banger.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class IdleTimerTest {
    @Test
    void anUnusedDaemonIsEndedOnce() throws InterruptedException {
        var ends = new CountDownLatch(1);
        new IdleTimer(Duration.ZERO, Duration.ofMillis(1)).watch(() -> false, ends::countDown);
        assertThat(ends.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aDaemonInUseIsNotEndedUntilItIsUsedNoMore() throws InterruptedException {
        var looks = new AtomicInteger();
        var ends = new CountDownLatch(1);
        new IdleTimer(Duration.ofNanos(1), Duration.ofMillis(1)).watch(() -> looks.incrementAndGet() < 20, () -> {
            assertThat(looks.get()).isGreaterThanOrEqualTo(20);
            ends.countDown();
        });
        assertThat(ends.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(looks.get()).isGreaterThanOrEqualTo(20);
    }

    @Test
    void aRequestIsAUse() throws InterruptedException {
        var looks = new CountDownLatch(20);
        var ends = new CountDownLatch(1);
        var timer = new IdleTimer(Duration.ofMinutes(1), Duration.ofMillis(1));
        timer.watch(
                () -> {
                    timer.touch();
                    looks.countDown();
                    return false;
                },
                ends::countDown);
        assertThat(looks.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(ends.getCount()).isEqualTo(1);
    }
}
