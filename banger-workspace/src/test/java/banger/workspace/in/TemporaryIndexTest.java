package banger.workspace.in;

import static org.assertj.core.api.Assertions.assertThat;

import banger.workspace.git.Git;
import banger.workspace.git.HostRepository;
import banger.workspace.testing.JavaProgram;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TemporaryIndexTest {
    private static final Map<String, String> CLEAN = Map.of("PATH", "/usr/bin:/bin", "GIT_CONFIG_GLOBAL", "/dev/null");

    @Test
    void oneThatWasUsedIsGoneAndSoIsOneWhoseProgramWasEnded(@TempDir Path dir) throws Exception {
        var temporary = Files.createDirectory(dir.resolve("tmp"));
        Git.user(CLEAN, dir).need("init", "-q", "-b", "main", "repo");
        var command =
                new ArrayList<>(JavaProgram.of(Inside.class, dir.resolve("repo").toString()));
        command.add(1, "-Djava.io.tmpdir=" + temporary);
        var program = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        assertThat(program.getInputStream().read()).isEqualTo('.');
        assertThat(temporary).isDirectoryContaining("glob:**/banger-index-*");
        program.destroy(); // as a Ctrl-C ends it
        assertThat(program.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(temporary).isEmptyDirectory();
    }

    static final class Inside {
        private Inside() {}

        public static void main(String[] arguments) throws IOException {
            var repository = HostRepository.discover(CLEAN, Path.of(arguments[0]));
            try (var used = TemporaryIndex.copy(repository)) {
                used.normalised();
            }
            try (var _ = TemporaryIndex.copy(repository)) {
                System.out.print('.');
                System.out.flush();
                while (System.in.read() >= 0) {}
            }
        }
    }
}
