package banger.daemon.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that differ in one byte, in their length, or in the order of their blocks have other digests. */
class BlockDigestTest {
    private static final int MIB = 1 << 20;

    @TempDir
    Path dir;

    @AfterEach
    void calm() {
        Thread.interrupted();
    }

    private String of(byte[] content) throws IOException {
        return BlockDigest.of(Files.write(dir.resolve("file"), content));
    }

    private static byte[] random(int length) {
        var bytes = new byte[length];
        new Random(7).nextBytes(bytes);
        return bytes;
    }

    @Test
    void theSameContentHasTheSameDigestWhetherItsZeroesAreHolesOrWritten() throws IOException {
        var written = new byte[5 * MIB + 17];
        System.arraycopy(random(MIB), 0, written, 2 * MIB + 5, MIB);
        try (var sparse = new RandomAccessFile(dir.resolve("sparse").toFile(), "rw")) {
            sparse.seek(2 * MIB + 5);
            sparse.write(random(MIB));
            sparse.setLength(written.length);
        }
        assertThat(of(written)).matches("[0-9a-f]{64}").isEqualTo(BlockDigest.of(dir.resolve("sparse")));
    }

    @Test
    void whateverDiffersHasAnotherDigest() throws IOException {
        var digests = new HashSet<String>();
        var content = random(3 * MIB);
        digests.add(of(content));
        for (int at : new int[] {0, MIB - 1, MIB, 2 * MIB + 16383, 2 * MIB + 16384, 3 * MIB - 1}) {
            content[at] ^= 1;
            digests.add(of(content));
            content[at] ^= 1;
        }
        // Blocks that changed places, one that is missing, one of zeroes more, and no content but a length.
        var swapped = content.clone();
        System.arraycopy(content, 0, swapped, MIB, MIB);
        System.arraycopy(content, MIB, swapped, 0, MIB);
        digests.add(of(swapped));
        digests.add(of(java.util.Arrays.copyOf(content, 2 * MIB)));
        digests.add(of(java.util.Arrays.copyOf(content, 3 * MIB - 1)));
        digests.add(of(java.util.Arrays.copyOf(content, 4 * MIB)));
        digests.add(of(java.util.Arrays.copyOf(content, 3 * MIB + 1)));
        digests.add(of(new byte[0]));
        digests.add(of(new byte[1]));
        digests.add(of(new byte[16384]));
        digests.add(of(new byte[16385]));
        assertThat(digests).hasSize(16);
        assertThat(of(content)).isIn(digests);
    }

    @Test
    void aFileThatCannotBeReadIsAnError() {
        assertThatThrownBy(() -> BlockDigest.of(dir.resolve("none"))).isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void whoIsInterruptedDoesNotWait() throws IOException {
        Files.write(dir.resolve("file"), random(MIB));
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> BlockDigest.of(dir.resolve("file"))).isInstanceOf(InterruptedIOException.class);
    }
}
