package banger.daemon.kernel;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/**
 * The signature that a distribution appends to a module's file: the signature itself, twelve bytes that
 * end with its length (big-endian), and a line of text (the kernel's {@code scripts/sign-file.c} and
 * {@code include/linux/module_signature.h}).
 *
 * <p>A guest's modules travel without it. Verifying one is an RSA operation and a hash of the file, a
 * third of an emulated boot for the eighteen modules of the initrd; and it protects nothing: whoever is
 * root in the guest may load what he likes, and what the host hands over is checked by digest there. The
 * guest's kernel says so once ({@code module verification failed … tainting kernel}) and goes on.
 */
final class ModuleSignature {
    private static final byte[] MARK = "~Module signature appended~\n".getBytes(StandardCharsets.US_ASCII);
    private static final int DESCRIPTION = 12;
    private static final int TRAILER = DESCRIPTION + MARK.length;
    /** PKCS#7 with a certificate or two; anything larger is no signature. */
    private static final int MAX_SIGNATURE = 1 << 16;

    private ModuleSignature() {}

    /** The module itself; the same array when it carries no signature. */
    static byte[] without(byte[] module) {
        int end = Math.max(0, module.length - TRAILER);
        long signed = length(module.length, Arrays.copyOfRange(module, end, module.length));
        return signed == 0 ? module : Arrays.copyOf(module, (int) (module.length - signed));
    }

    /** Shortens every uncompressed module below the directory; a compressed one stays as it is. */
    static void removeBelow(Path directory) throws IOException {
        try (var walk = Files.walk(directory)) {
            for (var file : (Iterable<Path>) walk::iterator)
                if (file.toString().endsWith(".ko") && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
                    remove(file);
        }
    }

    private static void remove(Path file) throws IOException {
        try (var channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            long size = channel.size();
            var end = ByteBuffer.allocate((int) Math.min(size, TRAILER));
            channel.position(size - end.capacity());
            while (end.hasRemaining())
                if (channel.read(end) < 0) throw new IOException(file + ": became shorter while it was read");
            long signed = length(size, end.array());
            if (signed > 0) channel.truncate(size - signed);
        }
    }

    /** @return the bytes of signature and trailer at the end of a file of this size; 0 when there is none */
    private static long length(long size, byte[] end) {
        if (end.length < TRAILER || !Arrays.equals(end, DESCRIPTION, TRAILER, MARK, 0, MARK.length)) return 0;
        long signature = Integer.toUnsignedLong(ByteBuffer.wrap(end).getInt(DESCRIPTION - Integer.BYTES));
        return signature <= MAX_SIGNATURE && signature + TRAILER < size ? signature + TRAILER : 0;
    }
}
