package banger.daemon.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
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
        var lease = memories.lease(file);
        var place = lease.place();
        assertThat(Files.mismatch(at(place), file)).isEqualTo(-1);
        assertThat(place.holder().pid()).isEqualTo(ProcessHandle.current().pid());
        assertThat(place.holder().alive()).isTrue();
        lease.close();
        memories.release(file);
    }

    @Test
    void itCannotBeWrittenNorCutNorGrown() throws IOException {
        var lease = memories.lease(file);
        var held = at(lease.place());
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
        lease.close();
        memories.release(file);
    }

    @Test
    void itIsReadOnceAndReleasedOnce() throws IOException {
        var first = memories.lease(file);
        var second = memories.lease(file);
        assertThat(second.place()).isEqualTo(first.place());
        memories.release(file);
        memories.release(file);
        memories.release(dir.resolve("never"));
        // As long as somebody may still begin with it.
        assertThat(open()).isEqualTo(1);
        first.close();
        first.close();
        assertThat(open()).isEqualTo(1);
        second.close();
        assertThat(open()).isZero();
    }

    @Test
    void whenNobodyMapsItForAWhileItsMemoryIsGivenBack() throws IOException {
        var brief = new SealedMemory(Duration.ofMillis(500));
        var first = brief.lease(file);
        var second = brief.lease(file);
        first.close();
        second.close();
        // Somebody else in time: nothing is read again.
        var third = brief.lease(file);
        assertThat(third.place()).isEqualTo(first.place());
        third.close();
        long deadline = System.nanoTime() + 10_000_000_000L;
        while (open() > 0) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.onSpinWait();
        }
        var fourth = brief.lease(file);
        assertThat(Files.mismatch(at(fourth.place()), file)).isEqualTo(-1);
        brief.release(file);
        fourth.close();
    }

    /** The template was made again under the same name: who continues from it gets what is there now. */
    @Test
    void anotherFileInItsPlaceIsReadAnew() throws IOException {
        var first = memories.lease(file);
        var other = dir.resolve("other");
        Files.copy(file, other);
        try (var out = new RandomAccessFile(other.toFile(), "rw")) {
            out.writeBytes("new");
        }
        Files.move(other, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        var second = memories.lease(file);
        assertThat(Files.mismatch(at(second.place()), file)).isEqualTo(-1);
        // Whoever begins with the old one still finds that.
        assertThat(Files.readString(at(first.place()), StandardCharsets.ISO_8859_1))
                .contains("precious")
                .doesNotContain("new");
        first.close();
        second.close();
        memories.release(file);
        assertThat(open()).isZero();
    }

    @Test
    void whatIsNotThereIsAnErrorAndLeavesNothing() throws IOException {
        assertThatThrownBy(() -> memories.lease(dir.resolve("none"))).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> Files.readAllBytes(dir.resolve("none"))).isInstanceOf(NoSuchFileException.class);
        assertThat(open()).isZero();
    }

    /** Files in memory that this process holds. */
    private static long open() throws IOException {
        try (var open = Files.list(Path.of("/proc/self/fd"))) {
            return open.filter(p -> {
                        try {
                            return Files.readSymbolicLink(p).toString().contains("memfd:template");
                        } catch (IOException e) {
                            return false; // closed meanwhile
                        }
                    })
                    .count();
        }
    }
}
