package banger.daemon.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProcessRefTest {
    private static Process run(String script) throws Exception {
        return new ProcessBuilder("sh", "-c", script).start();
    }

    @Test
    void aReferenceIsWrittenAndReadBack() {
        var self = ProcessRef.of(ProcessHandle.current().pid()).orElseThrow();
        assertThat(ProcessRef.parse(self.toString())).isEqualTo(self);
        assertThat(self.alive()).isTrue();
        assertThat(self.start()).isPositive();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1", "1:2:3", "a:b", "0:1", "-5:1", "5:-1", "1 :2", "99999999999999999999:1"})
    void whatIsNoReferenceIsRefused(String text) {
        assertThatThrownBy(() -> ProcessRef.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aZombieIsDeadThoughItsNumberIsStillThere() throws Exception {
        // The shell becomes a sleep that never waits for the child it had.
        var parent = run("sleep 60 & echo $!; exec sleep 60");
        try (var out = new BufferedReader(new InputStreamReader(parent.getInputStream(), StandardCharsets.UTF_8))) {
            long pid = Long.parseLong(out.readLine());
            var ref = ProcessRef.of(pid).orElseThrow();
            assertThat(ref.alive()).isTrue();
            // Only once the shell is gone nobody waits for the child any more.
            await(() ->
                    Files.readString(Path.of("/proc/" + parent.pid() + "/comm")).startsWith("sleep"));
            ref.kill();
            await(() -> Files.readString(Path.of("/proc/" + pid + "/stat")).contains(") Z "));
            assertThat(ref.alive()).isFalse();
            assertThat(Path.of("/proc/" + pid)).exists();
        } finally {
            parent.destroyForcibly().waitFor();
        }
    }

    @Test
    void anotherProcessWithTheSameNumberIsNotHit() throws Exception {
        var process = run("exec sleep 60");
        try {
            var ref = ProcessRef.of(process.pid()).orElseThrow();
            var earlier = new ProcessRef(ref.pid(), ref.start() - 1);
            assertThat(earlier.alive()).isFalse();
            earlier.kill();
            assertThat(ref.alive()).isTrue();
            ref.kill();
            assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
            assertThat(ref.alive()).isFalse();
            ref.kill();
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void aNameMayHoldAnything() throws Exception {
        var program = Files.createTempDirectory("ref").resolve("a) Z 1 (b");
        Files.copy(Path.of("/bin/sleep"), program);
        program.toFile().setExecutable(true);
        var process = new ProcessBuilder(program.toString(), "60").start();
        try {
            assertThat(ProcessRef.of(process.pid()).orElseThrow().alive()).isTrue();
        } finally {
            process.destroyForcibly().waitFor();
            Files.delete(program);
            Files.delete(program.getParent());
        }
    }

    @Test
    void nobodyHasNoReference() {
        assertThat(ProcessRef.of(Integer.MAX_VALUE)).isEmpty();
        assertThat(new ProcessRef(Integer.MAX_VALUE, 1).alive()).isFalse();
    }

    private interface Condition {
        boolean holds() throws Exception;
    }

    private static void await(Condition condition) throws Exception {
        long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        while (!condition.holds()) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.onSpinWait();
        }
    }
}
