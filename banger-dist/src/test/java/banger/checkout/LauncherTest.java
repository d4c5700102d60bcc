package banger.checkout;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ./banger} of a checkout whose build is a short one. */
class LauncherTest {
    private static final Path TOP = Path.of("..").toAbsolutePath().normalize();

    /** Reads what there is for it, and makes a program that gives back what it is given. */
    private static final String BUILD = """
            #!/bin/sh
            cat > read-by-the-build
            [ ! -e broken ] || { echo '[ERROR] it is broken'; exit 1; }
            mkdir -p build/current/bin
            printf '#!/bin/sh\\necho "$@"\\nexec cat\\n' > build/current/bin/banger
            chmod +x build/current/bin/banger
            touch build/current/stamp
            """;

    @TempDir
    Path checkout;

    @BeforeEach
    void copy() throws IOException {
        Files.createDirectories(checkout.resolve("scripts"));
        for (var name : List.of("banger", "scripts/jdk.sh", "scripts/host-packages")) {
            Files.copy(TOP.resolve(name), checkout.resolve(name));
            runnable(checkout.resolve(name));
        }
        Files.writeString(checkout.resolve("mvnw"), BUILD);
        runnable(checkout.resolve("mvnw"));
    }

    private static void runnable(Path file) throws IOException {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private record Ended(int status, String out, String err) {}

    private Ended launch(String input, String... arguments) throws Exception {
        var out = checkout.resolve("out");
        var err = checkout.resolve("err");
        var words = new java.util.ArrayList<>(List.of(checkout.resolve("banger").toString()));
        words.addAll(List.of(arguments));
        var builder = new ProcessBuilder(words).redirectOutput(out.toFile()).redirectError(err.toFile());
        builder.environment().putAll(Map.of("JAVA_HOME", System.getProperty("java.home")));
        var process = builder.start();
        process.outputWriter().append(input).close();
        return new Ended(process.waitFor(), Files.readString(out), Files.readString(err));
    }

    @Test
    void whatIsPipedInIsForWhatItRuns() throws Exception {
        var first = launch("mine", "vm", "exec", "two words");
        assertThat(first.status()).isZero();
        assertThat(first.out()).isEqualTo("vm exec two words\nmine");
        assertThat(first.err()).matches("banger: building from source\nbanger: built in [0-9]+ s\n");
        assertThat(checkout.resolve("read-by-the-build")).isEmptyFile();
    }

    @Test
    void itBuildsWhenSourcesAreNewerAndElseSaysNothing() throws Exception {
        launch("");
        assertThat(launch("again").err()).isEmpty();
        Files.setLastModifiedTime(
                checkout.resolve("scripts/jdk.sh"), FileTime.from(Instant.now().plusSeconds(60)));
        assertThat(launch("again").err()).contains("building from source");
    }

    @Test
    void aBuildThatFailsIsSaidAndNothingRuns() throws Exception {
        Files.createFile(checkout.resolve("broken"));
        var ended = launch("mine");
        assertThat(ended.status()).isOne();
        assertThat(ended.out()).isEmpty();
        assertThat(ended.err()).contains("error: the build failed\n  [ERROR] it is broken\n", "build/build.log");
    }
}
