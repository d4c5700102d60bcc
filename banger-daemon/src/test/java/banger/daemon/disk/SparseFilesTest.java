package banger.daemon.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Copies have the same bytes and no more data; the digest is that of the content, not of its holes. */
@Tag("slow")
class SparseFilesTest {
    private static final int BLOCK = 4096;

    @TempDir
    Path dir;

    private Path source;
    private Path target;

    @BeforeEach
    void names() {
        source = dir.resolve("source");
        target = dir.resolve("target");
    }

    /** Blocks of {@code x}; all else is a hole. */
    private static void sparse(Path file, long size, long... blocks) throws IOException {
        try (var out = new RandomAccessFile(file.toFile(), "rw")) {
            out.setLength(size);
            for (var block : blocks) {
                out.seek(block * BLOCK);
                var bytes = new byte[(int) Math.min(BLOCK, size - block * BLOCK)];
                Arrays.fill(bytes, (byte) 'x');
                out.write(bytes);
            }
        }
    }

    private void same() throws IOException {
        assertThat(Files.mismatch(source, target)).isEqualTo(-1);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(target)))
                .isEqualTo("rw-------");
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 4095, 4096, 4097, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, (3 << 20) + 5000})
    void whateverTheSizeTheBytesAreTheSame(long size) throws IOException {
        var bytes = new byte[(int) size];
        new Random(size).nextBytes(bytes);
        Files.write(source, bytes);
        assertThat(SparseFiles.pack(source, target)).isEqualTo(SparseFiles.digest(source));
        same();
        Files.delete(target);
        SparseFiles.copy(source, target, 0);
        same();
    }

    @Test
    void holesStayHoles() throws IOException {
        sparse(source, 256L << 20, 0, 1000, 65_535);
        SparseFiles.copy(source, target, 0);
        same();
        assertThat(AllocatedSize.of(target)).isLessThan(1 << 20);
        Files.delete(target);
        SparseFiles.pack(source, target);
        same();
        assertThat(AllocatedSize.of(target)).isLessThan(1 << 20);
    }

    @Test
    void zeroesBecomeHoles() throws IOException {
        Files.write(source, new byte[64 << 20]);
        assertThat(AllocatedSize.of(source)).isGreaterThanOrEqualTo(64 << 20);
        SparseFiles.pack(source, target);
        same();
        assertThat(AllocatedSize.of(target)).isLessThan(1 << 20);
    }

    @Test
    void aCopyMayBeBiggerAndEndsWithAHole() throws IOException {
        sparse(source, 10 * BLOCK + 7, 3, 10);
        SparseFiles.copy(source, target, 64L << 20);
        assertThat(Files.size(target)).isEqualTo(64L << 20);
        assertThat(AllocatedSize.of(target)).isLessThan(1 << 20);
        assertThat(Files.mismatch(source, target)).isEqualTo(10 * BLOCK + 7);
        Files.delete(target);
        // Never a smaller one: what is cut off is lost.
        SparseFiles.copy(source, target, 1);
        same();
    }

    @Test
    void whatIsThereIsNotWrittenOver() throws IOException {
        sparse(source, 100, 0);
        Files.writeString(target, "mine");
        assertThatThrownBy(() -> SparseFiles.copy(source, target, 0)).isInstanceOf(FileAlreadyExistsException.class);
        assertThatThrownBy(() -> SparseFiles.pack(source, target)).isInstanceOf(FileAlreadyExistsException.class);
        assertThat(target).hasContent("mine");
    }

    @Test
    void fillWritesIntoWhatIsThere() throws IOException {
        sparse(source, 5 * BLOCK + 1, 2, 5);
        Files.createFile(target);
        SparseFiles.fill(source, target);
        assertThat(Files.mismatch(source, target)).isEqualTo(-1);
    }

    /** Made once with holes, once without any. */
    @Test
    void theDigestKnowsNoHoles() throws IOException {
        for (var size : new long[] {BLOCK, 3 * BLOCK, 3 * BLOCK + 1, (2 << 20) + 100, 40 * BLOCK + 4095}) {
            Files.deleteIfExists(source);
            Files.deleteIfExists(target);
            sparse(source, size, 0, size / BLOCK / 2);
            Files.write(target, Files.readAllBytes(source));
            assertThat(SparseFiles.digest(target)).as(size + " bytes").isEqualTo(SparseFiles.digest(source));
        }
    }

    @Test
    void theDigestTellsEveryDifference() throws IOException {
        var digests = new HashSet<String>();
        var file = dir.resolve("f");
        for (var make : new long[][] {{0}, {1}, {4096}, {8192}, {8193}, {8192, 0}, {8192, 1}, {8193, 1}, {12288, 1}}) {
            Files.deleteIfExists(file);
            sparse(file, make[0], Arrays.copyOfRange(make, 1, make.length));
            digests.add(SparseFiles.digest(file));
        }
        assertThat(digests).hasSize(9);
        // One bit in the middle of much.
        sparse(source, 4L << 20, 100, 700);
        var before = SparseFiles.digest(source);
        try (var out = new RandomAccessFile(source.toFile(), "rw")) {
            out.seek(700 * BLOCK + 4095);
            out.write('x' ^ 1);
        }
        assertThat(SparseFiles.digest(source)).isNotEqualTo(before);
    }

    /** Files of runs of data, zeroes and holes, in any order and of any length. */
    @Test
    void randomFiles() throws IOException {
        var random = new Random(20_261_129);
        for (int round = 0; round < 60; round++) {
            Files.deleteIfExists(source);
            Files.deleteIfExists(target);
            var dense = dir.resolve("dense");
            long size = random.nextInt(6 << 20);
            try (var out = new RandomAccessFile(source.toFile(), "rw")) {
                out.setLength(size);
                for (int run = random.nextInt(12); run > 0; run--) {
                    var bytes = new byte[1 + random.nextInt(1 << random.nextInt(1, 21))];
                    if (random.nextInt(3) > 0) random.nextBytes(bytes);
                    out.seek(random.nextLong(size + 1));
                    out.write(bytes);
                }
            }
            Files.write(dense, Files.readAllBytes(source));
            var digest = SparseFiles.digest(source);
            var what = "round " + round;
            assertThat(SparseFiles.digest(dense)).as(what).isEqualTo(digest);
            assertThat(SparseFiles.pack(dense, target)).as(what).isEqualTo(digest);
            assertThat(Files.mismatch(source, target)).as(what).isEqualTo(-1);
            assertThat(SparseFiles.digest(target)).as(what).isEqualTo(digest);
            assertThat(AllocatedSize.of(target)).as(what).isLessThanOrEqualTo(AllocatedSize.of(dense));
            Files.delete(target);
            SparseFiles.copy(source, target, size);
            assertThat(Files.mismatch(source, target)).as(what).isEqualTo(-1);
        }
    }
}
