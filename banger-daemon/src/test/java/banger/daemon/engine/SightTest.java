package banger.daemon.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SightTest {
    private static final Path NATIVE =
            Path.of(System.getProperty("banger.checkout", "..")).resolve("native/target");

    @TempDir
    Path dir;

    private static Sight of(Path program) {
        return Sight.of(program, List.of(Path.of("/data")), List.of(Path.of("/dev/null")));
    }

    @Test
    void aStaticProgramNeedsNothingAndIsCalledWithoutItsPlace() {
        var sight = of(NATIVE.resolve("banger-shim"));
        assertThat(sight.files()).containsExactly(Path.of("/data"));
        assertThat(sight.devices()).containsExactly(Path.of("/dev/null"));
        assertThat(sight.name()).isEqualTo(Path.of("/banger-shim"));
    }

    @Test
    void aDynamicOneNeedsLibrariesAndNoPrograms() {
        var sight = of(Path.of("/usr/bin/env"));
        assertThat(sight.name()).isEqualTo(Path.of("/usr/bin/env"));
        assertThat(sight.files())
                .contains(Path.of("/lib64"), Path.of("/usr/lib"), Path.of("/data"))
                .doesNotContain(Path.of("/usr"), Path.of("/usr/bin"), Path.of("/etc"));
    }

    @Test
    void oneOfItsOwnPrefixBringsItsOwnLibraries() throws IOException {
        var program = Files.createDirectories(dir.resolve("qemu/bin")).resolve("qemu");
        Files.copy(Path.of("/usr/bin/env").toRealPath(), program);
        assertThat(of(program).files()).contains(dir.resolve("qemu/lib"), dir.resolve("qemu/lib64"));
    }

    @Test
    void aScriptNeedsTheHostsPrograms() throws IOException {
        var script = Files.writeString(dir.resolve("wrapper"), "#!/bin/sh\nexec qemu \"$@\"\n");
        assertThat(of(script).files()).contains(Path.of("/usr"), Path.of("/bin"));
    }

    @Test
    void aFileThatIsCutOrLiesIsNoError() throws IOException {
        var cut = new byte[64];
        cut[0] = 0x7f;
        cut[1] = 'E';
        cut[2] = 'L';
        cut[3] = 'F';
        cut[32] = (byte) 0xff; // headers far beyond the end
        cut[33] = (byte) 0xff;
        cut[54] = 56;
        cut[56] = 9;
        assertThat(of(Files.write(dir.resolve("cut"), cut)).files()).contains(Path.of("/usr/lib"));
        assertThat(of(dir.resolve("not-there")).files()).contains(Path.of("/usr/lib"));
    }
}
