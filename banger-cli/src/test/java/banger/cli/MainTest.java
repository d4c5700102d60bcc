package banger.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What only a process of its own shows. */
class MainTest {
    @TempDir
    Path home;

    private ProcessBuilder banger(String... words) {
        var command = new java.util.ArrayList<>(java.util.List.of(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                "banger.cli.Main"));
        command.addAll(java.util.List.of(words));
        var builder = new ProcessBuilder(command);
        builder.environment().put("BANGER_HOME", home.toString());
        return builder;
    }

    @Test
    void outputThatCouldNotBeWrittenIsNoSuccess() throws Exception {
        assertThat(banger("version")
                        .redirectOutput(new File("/dev/full"))
                        .start()
                        .waitFor())
                .isEqualTo(1);
    }

    @Test
    void wordsArriveAndNoFlagForTheGuestIsOurs() throws Exception {
        var process = banger("daemon", "socket").start();
        var out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).isZero();
        assertThat(out).isEqualTo(home.resolve("state/run/bangerd.sock") + "\n");
    }
}
