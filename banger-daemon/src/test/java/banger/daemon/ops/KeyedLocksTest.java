package banger.daemon.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.BangerException;
import banger.api.ErrorCode;
import java.util.ArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class KeyedLocksTest {
    private final KeyedLocks<String> locks = new KeyedLocks<>();

    @Test
    void oneKeyIsHeldByOneThreadAtATime() throws InterruptedException {
        var inside = new AtomicInteger();
        var most = new AtomicInteger();
        var threads = new ArrayList<Thread>();
        for (int i = 0; i < 16; i++)
            threads.add(Thread.ofVirtual().start(() -> {
                for (int n = 0; n < 50; n++)
                    try (var _ = locks.hold("a")) {
                        most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                        Thread.yield();
                        inside.decrementAndGet();
                    }
            }));
        for (var thread : threads) thread.join();
        assertThat(most).hasValue(1);
    }

    @Test
    void anotherKeyIsFree() throws InterruptedException {
        var got = new CountDownLatch(1);
        try (var _ = locks.hold("a")) {
            Thread.ofVirtual().start(() -> {
                try (var _ = locks.hold("b")) {
                    got.countDown();
                }
            });
            assertThat(got.await(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void anInterruptEndsTheWait() throws InterruptedException {
        try (var _ = locks.hold("a")) {
            var told = new ArrayList<BangerException>();
            var waiter = Thread.ofVirtual().start(() -> {
                Thread.currentThread().interrupt();
                assertThatThrownBy(() -> locks.hold("a")).isInstanceOfSatisfying(BangerException.class, told::add);
                assertThat(Thread.currentThread().isInterrupted()).isTrue();
            });
            waiter.join();
            assertThat(told).singleElement().satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.CANCELLED));
        }
        try (var _ = locks.hold("a")) {
            assertThat(Thread.interrupted()).isFalse();
        }
    }
}
