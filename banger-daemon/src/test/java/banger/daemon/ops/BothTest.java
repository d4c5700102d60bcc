package banger.daemon.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class BothTest {
    private final AtomicBoolean interrupted = new AtomicBoolean();
    private final CountDownLatch begun = new CountDownLatch(1);

    private String forEver() {
        begun.countDown();
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException e) {
            interrupted.set(true);
            throw new IllegalStateException("interrupted", e);
        }
        return "never";
    }

    private void awaitBegun() {
        try {
            begun.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void bothResultsAreThere() {
        assertThat(Both.of(() -> 1, () -> "b")).isEqualTo(new Both<>(1, "b"));
    }

    @Test
    void aFailureOfTheSecondEndsTheFirst() {
        assertThatThrownBy(() -> Both.of(this::forEver, () -> {
                    awaitBegun();
                    throw new IllegalArgumentException("second");
                }))
                .hasMessage("second");
        assertThat(interrupted).isTrue();
    }

    @Test
    void aFailureOfTheFirstIsTheFailure() {
        assertThatThrownBy(() -> Both.of(
                        () -> {
                            throw new IllegalArgumentException("first");
                        },
                        () -> "b"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("first");
    }

    @Test
    void anInterruptEndsBoth() {
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> Both.of(this::forEver, () -> "b")).hasMessage("cancelled");
        assertThat(Thread.interrupted()).isTrue();
    }
}
