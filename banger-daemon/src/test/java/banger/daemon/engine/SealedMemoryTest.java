package banger.daemon.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What many machines map nobody can change. */
class SealedMemoryTest {
    @TempDir
    Path dir;

    private final SealedMemory memories = new SealedMemory();
    private Path file;

    @BeforeEach
    void write() throws IOException {
        file = dir.resolve("memory");
        try (var out = new RandomAccessFile(file.toFile(), "rw")) {
            out.setLength(8 << 20);
            out.seek(1 << 20);
            out.writeBytes("precious");
        }
    }

    private static Path at(SealedMemory.Place place) {
        return Path.of("/proc/" + place.holder().pid() + "/fd/" + place.descriptor());
    }

    @Test
    void itHasTheFilesContent() throws IOException {
        var place = memories.of(file);
        assertThat(Files.mismatch(at(place), file)).isEqualTo(-1);
        assertThat(place.holder().pid()).isEqualTo(ProcessHandle.current().pid());
        assertThat(place.holder().alive()).isTrue();
        memories.release(file);
    }

    @Test
    void itCannotBeWrittenNorCutNorGrown() throws IOException {
        var held = at(memories.of(file));
        try (var channel = FileChannel.open(held, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            assertThatThrownBy(() -> channel.write(java.nio.ByteBuffer.wrap(new byte[] {'X'}), 1 << 20))
                    .isInstanceOf(IOException.class);
            assertThatThrownBy(() -> channel.truncate(1)).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> channel.write(java.nio.ByteBuffer.wrap(new byte[] {'X'}), 16 << 20))
                    .isInstanceOf(IOException.class);
            assertThatThrownBy(() -> channel.map(FileChannel.MapMode.READ_WRITE, 0, 4096))
                    .isInstanceOf(IOException.class);
            // A private map is what a VMM makes of it.
            channel.map(FileChannel.MapMode.PRIVATE, 1 << 20, 4096).put(0, (byte) 'X');
        }
        assertThat(Files.mismatch(held, file)).isEqualTo(-1);
        memories.release(file);
    }

    @Test
    void itIsReadOnceAndReleasedOnce() throws IOException {
        var first = memories.of(file);
        assertThat(memories.of(file)).isEqualTo(first);
        memories.release(file);
        memories.release(file);
        memories.release(dir.resolve("never"));
        assertThat(at(first))
                .satisfiesAnyOf(
                        p -> assertThat(p).doesNotExist(),
                        p -> assertThat(Files.readSymbolicLink(p).toString()).doesNotContain("memfd"));
    }

    /** The template was made again under the same name: who continues from it gets what is there now. */
    @Test
    void anotherFileInItsPlaceIsReadAnew() throws IOException {
        memories.of(file);
        var other = dir.resolve("other");
        Files.copy(file, other);
        try (var out = new RandomAccessFile(other.toFile(), "rw")) {
            out.writeBytes("new");
        }
        Files.move(other, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        assertThat(Files.mismatch(at(memories.of(file)), file)).isEqualTo(-1);
        memories.release(file);
    }

    @Test
    void whatIsNotThereIsAnErrorAndLeavesNothing() throws IOException {
        assertThatThrownBy(() -> memories.of(dir.resolve("none"))).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> Files.readAllBytes(dir.resolve("none"))).isInstanceOf(NoSuchFileException.class);
        try (var open = Files.list(Path.of("/proc/self/fd"))) {
            assertThat(open.filter(p -> {
                        try {
                            return Files.readSymbolicLink(p).toString().contains("memfd:template");
                        } catch (IOException e) {
                            return false; // closed meanwhile
                        }
                    }))
                    .isEmpty();
        }
    }
}
