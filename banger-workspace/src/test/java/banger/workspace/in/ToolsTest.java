package banger.workspace.in;

import static org.assertj.core.api.Assertions.assertThat;

import banger.workspace.testing.Repo;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ToolsTest {
    private static final Map<String, String> CLEAN = Map.of("PATH", "/usr/bin:/bin", "GIT_CONFIG_GLOBAL", "/dev/null");

    @TempDir
    Path dir;

    private List<String> pins(Repo repo) {
        repo.git("add", "-A");
        return Tools.pins(new Inspection(CLEAN).of(Wish.of(repo.top())));
    }

    @Test
    void eachToolOnceByTheFirstFileThatNamesAVersion() {
        var repo = Repo.init(dir.resolve("repo"))
                .write("go.mod", "module x\n\ngo 1.21\n\ntoolchain go1.22.3\n")
                .write(".nvmrc", "v20.11\n")
                .write(".node-version", "18\n")
                .write(".python-version", "3.12.1\n")
                .write("rust-toolchain.toml", "[toolchain]\n  channel = \"1.77\"\n");
        assertThat(pins(repo)).containsExactly("go@1.22.3", "node@20.11", "python@3.12.1", "rust@1.77");
    }

    @Test
    void whatIsNoVersionIsNoPin() {
        var repo = Repo.init(dir.resolve("repo"))
                .write("go.mod", "module go 1.2\n// go 1.3\n")
                .write(".nvmrc", "lts/iron; touch x\n")
                .write("rust-toolchain", "nightly\n")
                .write("sub/.python-version", "3.12\n");
        assertThat(pins(repo)).isEmpty();
    }

    /** A pin goes into words of a command: nothing but digits and dots comes along. */
    @Test
    void nothingButAVersionIsTaken() {
        var repo = Repo.init(dir.resolve("repo")).write(".python-version", "3.12$(reboot) --global\n");
        assertThat(pins(repo)).containsExactly("python@3.12");
    }
}
