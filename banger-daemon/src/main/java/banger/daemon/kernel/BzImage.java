package banger.daemon.kernel;

import banger.api.BangerException;
import banger.api.ErrorCode;
import com.github.luben.zstd.ZstdInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import org.tukaani.xz.XZInputStream;

/**
 * Takes the ELF kernel out of a bzImage. Emulated machines need more than a second to unpack it at every
 * boot, and most released Firecrackers boot nothing else.
 */
final class BzImage {
    /** No kernel image is larger; a larger one is not read. */
    static final long MAX_IMAGE = 128L << 20;

    /** Nor does one unpack to more than this. */
    static final long MAX_KERNEL = 512L << 20;

    private static final int HEADER = 0x1f1;
    private static final int SETUP_SECTORS = 0x1f1;
    private static final int MAGIC = 0x202;
    private static final int VERSION = 0x206;
    private static final int PAYLOAD_OFFSET = 0x248;
    private static final int PAYLOAD_LENGTH = 0x24c;
    private static final int HEADER_END = 0x250;
    private static final int XZ_MEMORY_KIB = 256 << 10;

    private BzImage() {}

    /** Whether a file begins like a bzImage. */
    static boolean is(Path file) throws IOException {
        try (var in = Files.newInputStream(file)) {
            var head = in.readNBytes(HEADER_END);
            return head.length == HEADER_END && head[0x1fe] == 0x55 && (head[0x1ff] & 0xff) == 0xaa && hasMagic(head);
        }
    }

    private static boolean hasMagic(byte[] head) {
        return Arrays.equals(head, MAGIC, MAGIC + 4, new byte[] {'H', 'd', 'r', 'S'}, 0, 4);
    }

    /**
     * Writes the kernel inside to {@code vmlinux}.
     *
     * @throws BangerException {@code kernel.invalid} when this is no bzImage, its compression is not one of
     *     gzip, xz, zstd and LZ4, or what comes out is no kernel
     */
    static void extract(Path bzImage, Path vmlinux) throws IOException {
        if (Files.size(bzImage) > MAX_IMAGE) throw invalid(bzImage, "larger than 128 MiB");
        var image = Files.readAllBytes(bzImage);
        var payload = payload(bzImage, image);
        try (var out = new BufferedOutputStream(Files.newOutputStream(vmlinux), 1 << 16)) {
            if (Lz4Legacy.matches(payload)) {
                Lz4Legacy.decode(payload, out, MAX_KERNEL);
            } else {
                copy(bzImage, open(bzImage, payload), out);
            }
        } catch (IOException e) {
            throw invalid(bzImage, "its compressed kernel is damaged (" + e.getMessage() + ")")
                    .because(e);
        }
        Elf.checkKernel(vmlinux);
    }

    private static byte[] payload(Path file, byte[] image) {
        if (image.length < HEADER_END || !hasMagic(image)) throw invalid(file, "not a bzImage");
        var header = ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN);
        if (header.getShort(VERSION) < 0x0208) throw invalid(file, "boot protocol older than 2.08");
        // Zero means four, for history's sake.
        int sectors = image[SETUP_SECTORS] == 0 ? 4 : image[SETUP_SECTORS] & 0xff;
        long start = (sectors + 1) * 512L + (header.getInt(PAYLOAD_OFFSET) & 0xffffffffL);
        long length = header.getInt(PAYLOAD_LENGTH) & 0xffffffffL;
        if (length < 8 || start < HEADER || start + length > image.length)
            throw invalid(file, "its header points outside the file");
        return Arrays.copyOfRange(image, (int) start, (int) (start + length));
    }

    private static InputStream open(Path file, byte[] payload) throws IOException {
        var in = new ByteArrayInputStream(payload);
        if (begins(payload, 0x1f, 0x8b)) return new GZIPInputStream(in, 1 << 16);
        if (begins(payload, 0x28, 0xb5, 0x2f, 0xfd)) return new ZstdInputStream(withoutSize(payload)).setLongMax(27);
        if (begins(payload, 0xfd, '7', 'z', 'X', 'Z', 0)) return new XZInputStream(withoutSize(payload), XZ_MEMORY_KIB);
        if (begins(payload, 0x7f, 'E', 'L', 'F')) return in;
        throw invalid(file, "compressed in a way banger cannot read (gzip, xz, zstd and lz4 are known)");
    }

    /** The build appends the unpacked size in four bytes to everything but gzip, which has it already. */
    private static InputStream withoutSize(byte[] payload) {
        return new ByteArrayInputStream(payload, 0, payload.length - 4);
    }

    private static boolean begins(byte[] payload, int... magic) {
        for (int i = 0; i < magic.length; i++) if ((payload[i] & 0xff) != magic[i]) return false;
        return true;
    }

    private static void copy(Path file, InputStream in, java.io.OutputStream out) throws IOException {
        try (in) {
            var buffer = new byte[1 << 16];
            long total = 0;
            for (int n; (n = in.read(buffer)) >= 0; ) {
                total += n;
                if (total > MAX_KERNEL) throw invalid(file, "unpacks to more than 512 MiB");
                out.write(buffer, 0, n);
            }
        }
    }

    private static BangerException invalid(Path file, String why) {
        return new BangerException(ErrorCode.KERNEL_INVALID, "kernel image " + file + ": " + why);
    }
}
