package banger.daemon.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.daemon.progress.Progress;
import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class SingleFlightTest {
    private final SingleFlight<String> flights = new SingleFlight<>();
    private final AtomicInteger runs = new AtomicInteger();
    private final CountDownLatch started = new CountDownLatch(1);
    private final CountDownLatch gate = new CountDownLatch(1);
    private final CompletableFuture<Boolean> cleanedUp = new CompletableFuture<>();

    /** Tells that it runs, waits for the gate, and cleans up when it is interrupted. */
    private String work(Progress progress) {
        runs.incrementAndGet();
        progress.doing("image x", "building", 1, 2);
        started.countDown();
        try {
            gate.await();
        } catch (InterruptedException e) {
            cleanedUp.complete(true);
            throw new BangerException(ErrorCode.CANCELLED, "cancelled");
        }
        progress.done("image x", "built", 1);
        return "result";
    }

    private record Caller(Thread thread, CompletableFuture<String> outcome, Recorded progress) {}

    private Caller call() {
        var outcome = new CompletableFuture<String>();
        var progress = new Recorded();
        var thread = Thread.ofVirtual().start(() -> {
            try {
                outcome.complete(flights.run("x", progress, this::work));
            } catch (RuntimeException e) {
                outcome.completeExceptionally(e);
            }
        });
        return new Caller(thread, outcome, progress);
    }

    @Test
    void itIsDoneOnceAndAllGetTheResultAndSeeTheProgress() throws Exception {
        var callers = new ArrayList<Caller>();
        callers.add(call());
        started.await();
        for (int i = 0; i < 5; i++) callers.add(call());
        for (var caller : callers) waitForProgress(caller);
        gate.countDown();
        for (var caller : callers) {
            assertThat(caller.outcome.get()).isEqualTo("result");
            assertThat(caller.progress.done).hasSize(1);
        }
        assertThat(runs).hasValue(1);
    }

    @Test
    void itEndsWithItsLastWaiterOnly() throws Exception {
        var first = call();
        started.await();
        var second = call();
        waitForProgress(second);
        first.thread.interrupt();
        assertThatThrownBy(first.outcome::get).hasCauseInstanceOf(BangerException.class);
        assertThat(cleanedUp).isNotDone();
        second.thread.interrupt();
        assertThatThrownBy(second.outcome::get)
                .isInstanceOf(ExecutionException.class)
                .hasMessageContaining("cancelled");
        // The caller was told only after the work had cleaned up.
        assertThat(cleanedUp).isDone();
    }

    @Test
    void whoeverComesLaterStartsAnew() throws Exception {
        var first = call();
        started.await();
        first.thread.interrupt();
        assertThatThrownBy(first.outcome::get).isInstanceOf(ExecutionException.class);
        gate.countDown();
        assertThat(call().outcome.get(10, TimeUnit.SECONDS)).isEqualTo("result");
        assertThat(runs).hasValue(2);
    }

    @Test
    void aFailureReachesTheCallerAsItIs() {
        var failure = new BangerException(ErrorCode.IMAGE_BUILD_FAILED, "image x: no");
        assertThatThrownBy(() -> flights.run("y", Progress.NONE, p -> {
                    throw failure;
                }))
                .isSameAs(failure);
        assertThat(flights.run("y", Progress.NONE, p -> "better")).isEqualTo("better");
    }

    private static void waitForProgress(Caller caller) throws InterruptedException {
        assertThat(caller.progress.told.await(10, TimeUnit.SECONDS)).isTrue();
    }
}
