package banger.daemon.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** None of them goes on alone. */
@Timeout(20)
class TogetherTest {
    private final ConcurrentLinkedQueue<String> ended = new ConcurrentLinkedQueue<>();

    private void forEver(String name) {
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException e) {
            ended.add(name);
            throw new IllegalStateException("interrupted", e);
        }
    }

    @Test
    void theyRunAtTheSameTime() {
        var both = new CountDownLatch(2);
        Together.each(List.of("a", "b"), name -> {
            both.countDown();
            try {
                both.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            ended.add(name);
        });
        assertThat(ended).containsExactlyInAnyOrder("a", "b");
    }

    @Test
    void aFailureEndsTheOthersWhereverItStands() {
        assertThatThrownBy(() -> Together.each(List.of("a", "b", "c"), name -> {
                    if (name.equals("c")) throw new IllegalArgumentException("no luck");
                    forEver(name);
                }))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("no luck");
        assertThat(ended).containsExactlyInAnyOrder("a", "b");
        assertThat(Thread.interrupted()).isFalse();
    }

    @Test
    void anInterruptEndsAll() {
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> Together.each(List.of("a", "b"), this::forEver))
                .hasMessage("cancelled");
        assertThat(ended).containsExactlyInAnyOrder("a", "b");
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void nothingToDo() {
        Together.each(List.of(), this::forEver);
        assertThat(ended).isEmpty();
    }
}
