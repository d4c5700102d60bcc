package banger.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.BangerException;
import banger.api.ErrorCode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StateLockTest {
    @TempDir
    Path dir;

    /** Holds the lock in a process of its own until its input ends. */
    public static final class Holder {
        private Holder() {}

        public static void main(String[] arguments) throws IOException {
            try (var _ = StateLock.take(Path.of(arguments[0]))) {
                System.out.println("held");
                while (System.in.read() >= 0) {}
            }
        }
    }

    @Test
    void aSecondDaemonIsRefusedWithThePidOfTheFirstUntilThatHasEnded() throws Exception {
        var file = dir.resolve("bangerd.lock");
        var holder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin/java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Holder.class.getName(),
                        file.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
            var out = new BufferedReader(new InputStreamReader(holder.getInputStream(), StandardCharsets.UTF_8));
            assertThat(out.readLine()).isEqualTo("held");
            assertThatThrownBy(() -> StateLock.take(file)).isInstanceOfSatisfying(BangerException.class, e -> {
                assertThat(e.code()).isEqualTo(ErrorCode.STATE_IN_USE);
                assertThat(e.fact()).endsWith("another daemon runs on it (pid " + holder.pid() + ")");
            });
        } finally {
            holder.destroyForcibly().waitFor();
        }
        StateLock.take(file).close();
        StateLock.take(file).close();
        assertThat(file).hasContent(Long.toString(ProcessHandle.current().pid()));
    }
}
