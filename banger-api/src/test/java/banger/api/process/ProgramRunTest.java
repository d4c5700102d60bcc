package banger.api.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class ProgramRunTest {
    private static final Duration LONG = Duration.ofMinutes(5);

    /** A JVM with one carrier and no other to lend, as every one is after half a minute. */
    @Test
    void aProgramThatSaysNothingKeepsNobodyElseWaiting() throws Exception {
        var java = Path.of(System.getProperty("java.home"), "bin/java").toString();
        var ended = ProgramRun.of(
                new ProcessBuilder(
                        java,
                        "-XX:TieredStopAtLevel=1",
                        "-Djdk.virtualThreadScheduler.parallelism=1",
                        "-Djdk.virtualThreadScheduler.maxPoolSize=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Silent.class.getName()),
                LONG,
                LONG,
                out -> {},
                in -> new String(in.readAllBytes(), StandardCharsets.UTF_8),
                in -> ProgramRun.tail(in, 10_000));
        assertThat(ended.output()).isEqualTo("status 0\n");
        assertThat(ended.status()).isZero();
    }

    /** Runs a program that waits for input, which only another virtual thread gives it. */
    static final class Silent {
        public static void main(String[] arguments) throws Exception {
            var running = new CountDownLatch(1);
            var told = new CountDownLatch(1);
            var program = Thread.ofVirtual().start(() -> run(running, told));
            running.await();
            Thread.ofVirtual().start(told::countDown);
            // It never ends where the other does not get its turn.
            if (!program.join(Duration.ofSeconds(60))) Runtime.getRuntime().halt(1);
        }

        private static void run(CountDownLatch running, CountDownLatch told) {
            try {
                var ended = ProgramRun.of(
                        new ProcessBuilder(List.of("cat")),
                        LONG,
                        LONG,
                        out -> {
                            try {
                                told.await();
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            }
                        },
                        in -> {
                            running.countDown();
                            return in.readAllBytes().length;
                        },
                        in -> ProgramRun.tail(in, 1000));
                System.out.println("status " + ended.status());
            } catch (ProgramRun.Broken e) {
                throw new IllegalStateException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
