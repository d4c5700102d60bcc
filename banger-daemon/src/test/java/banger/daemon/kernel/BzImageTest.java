package banger.daemon.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.BangerException;
import banger.api.ErrorCode;
import com.github.luben.zstd.ZstdOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tukaani.xz.FilterOptions;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.X86Options;
import org.tukaani.xz.XZ;
import org.tukaani.xz.XZOutputStream;

class BzImageTest {
    private static final byte[] KERNEL = FakeKernel.elf(300_000);

    @TempDir
    Path dir;

    @FunctionalInterface
    private interface Compressor {
        OutputStream around(OutputStream out) throws IOException;
    }

    private static byte[] compressed(Compressor compressor) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var out = compressor.around(bytes)) {
            out.write(KERNEL);
        }
        return bytes.toByteArray();
    }

    private Path extract(byte[] payload) throws IOException {
        var image = Files.write(dir.resolve("bzImage"), FakeKernel.bzImage(payload, KERNEL.length));
        assertThat(BzImage.is(image)).isTrue();
        var vmlinux = dir.resolve("vmlinux");
        Files.deleteIfExists(vmlinux);
        BzImage.extract(image, vmlinux);
        return vmlinux;
    }

    @Test
    void everyCompressionOfTheKernelIsKnown() throws IOException {
        assertThat(extract(compressed(GZIPOutputStream::new))).hasBinaryContent(KERNEL);
        assertThat(extract(compressed(ZstdOutputStream::new))).hasBinaryContent(KERNEL);
        var filters = new FilterOptions[] {new X86Options(), new LZMA2Options()};
        assertThat(extract(compressed(out -> new XZOutputStream(out, filters, XZ.CHECK_CRC32))))
                .hasBinaryContent(KERNEL);
        assertThat(extract(lz4Literals())).hasBinaryContent(KERNEL);
    }

    /** LZ4 without finding matches: one block of literals. */
    private static byte[] lz4Literals() {
        var block = new ByteArrayOutputStream();
        block.write(0xf0);
        int left = KERNEL.length - 15;
        for (; left >= 255; left -= 255) block.write(255);
        block.write(left);
        block.writeBytes(KERNEL);
        var out = ByteBuffer.allocate(8 + block.size()).order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(0x184c2102).putInt(block.size()).put(block.toByteArray());
        return out.array();
    }

    @Test
    void lz4MatchesMayOverlapWhatTheyWrite() throws IOException {
        var out = new ByteArrayOutputStream();
        // "ab", then 2 back for 10, then "c"; the size at the end.
        var block = new byte[] {0x26, 'a', 'b', 2, 0, 0x10, 'c'};
        var payload = ByteBuffer.allocate(8 + block.length + 4).order(ByteOrder.LITTLE_ENDIAN);
        payload.putInt(0x184c2102).putInt(block.length).put(block).putInt(13);
        Lz4Legacy.decode(payload.array(), out, 100);
        assertThat(out.toString()).isEqualTo("ababababababc");
    }

    @Test
    void damagedLz4NeverWritesOutsideItsBlock() {
        for (var block : new byte[][] {
            {0x26, 'a', 'b', 9, 0}, // a match before the beginning
            {0x26, 'a', 'b', 0, 0}, // a match at distance nought
            {(byte) 0xf0, 9}, // literals beyond the end
            {0x2f, 'a', 'b', 1, 0, -1, -1}, // a length that does not end
        }) {
            var payload = ByteBuffer.allocate(8 + block.length + 4).order(ByteOrder.LITTLE_ENDIAN);
            payload.putInt(0x184c2102).putInt(block.length).put(block).putInt(13);
            assertThatThrownBy(() -> Lz4Legacy.decode(payload.array(), new ByteArrayOutputStream(), 100))
                    .as(Arrays.toString(block))
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void aDamagedPayloadIsRefused() throws IOException {
        var gzip = compressed(GZIPOutputStream::new);
        gzip[gzip.length / 2] ^= 0x55;
        assertInvalid(gzip, "damaged");
        assertInvalid(Arrays.copyOf(compressed(ZstdOutputStream::new), 200), "damaged");
        assertInvalid("not compressed at all".getBytes(), "cannot read");
    }

    private void assertInvalid(byte[] payload, String why) {
        assertThatThrownBy(() -> extract(payload)).isInstanceOfSatisfying(BangerException.class, e -> {
            assertThat(e.code()).isEqualTo(ErrorCode.KERNEL_INVALID);
            assertThat(e.fact()).contains(why);
        });
    }

    @Test
    void headersThatPointOutsideAreRefused() throws IOException {
        var image = FakeKernel.bzImage(compressed(GZIPOutputStream::new), KERNEL.length);
        for (int[] field : new int[][] {{0x248, -1}, {0x24c, -1}, {0x24c, 0}, {0x248, image.length}, {0x206, 0x0100}}) {
            var changed = image.clone();
            ByteBuffer.wrap(changed).order(ByteOrder.LITTLE_ENDIAN).putInt(field[0], field[1]);
            var file = Files.write(dir.resolve("changed"), changed);
            assertThatThrownBy(() -> BzImage.extract(file, dir.resolve("out"))).isInstanceOf(BangerException.class);
        }
    }

    @Test
    void whatComesOutMustBeAKernel() throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(bytes)) {
            gzip.write("#!/bin/sh\n".repeat(100).getBytes());
        }
        assertInvalid(bytes.toByteArray(), "not a 64-bit ELF");
        var elf = FakeKernel.elf(1000);
        ByteBuffer.wrap(elf).order(ByteOrder.LITTLE_ENDIAN).putLong(64 + 32, 1 << 20);
        var cut = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(cut)) {
            gzip.write(elf);
        }
        assertInvalid(cut.toByteArray(), "outside the file");
    }
}
