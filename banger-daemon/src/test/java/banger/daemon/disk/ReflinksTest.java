package banger.daemon.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReflinksTest {
    private static final Set<String> WITHOUT = Set.of("ext4", "ext2", "tmpfs", "overlay");

    @TempDir
    Path directory;

    @Test
    void itIsTriedAndLeavesNothing() throws IOException {
        var type = Files.getFileStore(directory).type();
        if (WITHOUT.contains(type)) assertThat(Reflinks.in(directory)).isFalse();
        else if (type.equals("btrfs")) assertThat(Reflinks.in(directory)).isTrue();
        assertThat(directory).isEmptyDirectory();
        assertThat(Reflinks.in(Path.of("/dev/shm"))).isFalse();
    }

    @Test
    void whereNothingCanBeWrittenThatIsSaid() {
        assertThatThrownBy(() -> Reflinks.in(directory.resolve("none"))).isInstanceOf(IOException.class);
    }
}
