package banger.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On a disk with room; a full one is filled by HostFaultsTest. */
class BallastTest {
    @TempDir
    Path dir;

    @Test
    void isHeldWhileThereIsRoom() throws Exception {
        var file = dir.resolve("ballast");
        var ballast = new Ballast(file);
        ballast.lay();
        assertThat(file).hasSize(4 << 20);
        var first = Files.getLastModifiedTime(file);
        ballast.lay();
        ballast.drop();
        assertThat(ballast.enough()).isTrue();
        assertThat(Files.getLastModifiedTime(file)).isEqualTo(first);
    }

    @Test
    void whereItCannotBeNothingHappens() {
        var ballast = new Ballast(dir.resolve("not-there/ballast"));
        ballast.lay();
        ballast.drop();
        assertThat(dir).isEmptyDirectory();
    }
}
