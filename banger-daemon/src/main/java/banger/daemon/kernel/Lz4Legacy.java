package banger.daemon.kernel;

import java.io.IOException;
import java.io.OutputStream;
import java.util.zip.DataFormatException;

/**
 * The old LZ4 container that the kernel's build writes: a magic, then blocks of at most 8 MiB, each
 * behind its compressed length, then the length of the whole kernel.
 */
final class Lz4Legacy {
    private static final int MAGIC = 0x184c2102;
    private static final int BLOCK = 8 << 20;

    private Lz4Legacy() {}

    static boolean matches(byte[] payload) {
        return payload.length >= 4 && int32(payload, 0) == MAGIC;
    }

    /** @throws IOException when the data is damaged or larger than {@code limit} */
    static void decode(byte[] payload, OutputStream out, long limit) throws IOException {
        int end = payload.length - 4;
        long expected = int32(payload, end) & 0xffffffffL;
        if (expected > limit) throw new IOException("larger than " + limit + " bytes");
        var block = new byte[BLOCK];
        long total = 0;
        int at = 4;
        try {
            while (at + 4 <= end && total < expected) {
                long length = int32(payload, at) & 0xffffffffL;
                at += 4;
                if (length == 0 || length > end - at) throw new DataFormatException("block beyond the end");
                int n = block(payload, at, (int) length, block);
                total += n;
                out.write(block, 0, n);
                at += (int) length;
            }
        } catch (DataFormatException e) {
            throw new IOException(e.getMessage(), e);
        } catch (ArrayIndexOutOfBoundsException e) {
            throw new IOException("a block ends too early", e);
        }
        if (total != expected) throw new IOException(total + " bytes instead of " + expected);
    }

    /** One LZ4 block: literals and back references, nothing else. Every index is checked, here or by Java. */
    private static int block(byte[] in, int from, int length, byte[] out) throws DataFormatException {
        int end = from + length;
        int at = from;
        int size = 0;
        while (at < end) {
            int token = in[at++] & 0xff;
            int literals = token >> 4;
            if (literals == 15) {
                int more;
                do {
                    more = in[at++] & 0xff;
                    literals += more;
                    if (literals > BLOCK) throw new DataFormatException("literals longer than a block");
                } while (more == 255);
            }
            if (literals > end - at || literals > out.length - size) throw new DataFormatException("literals too long");
            System.arraycopy(in, at, out, size, literals);
            at += literals;
            size += literals;
            // The last sequence of a block is literals only.
            if (at >= end) return size;
            int distance = (in[at] & 0xff) | (in[at + 1] & 0xff) << 8;
            at += 2;
            int match = (token & 15) + 4;
            if (match == 19) {
                int more;
                do {
                    more = in[at++] & 0xff;
                    match += more;
                    if (match > BLOCK) throw new DataFormatException("match longer than a block");
                } while (more == 255);
            }
            if (distance == 0 || distance > size || match > out.length - size)
                throw new DataFormatException("match outside the block");
            copyMatch(out, size, distance, match);
            size += match;
        }
        return size;
    }

    /** A match may overlap what it writes: then the bytes repeat. */
    private static void copyMatch(byte[] out, int at, int distance, int length) {
        if (distance >= length) {
            System.arraycopy(out, at - distance, out, at, length);
        } else {
            for (int i = 0; i < length; i++) out[at + i] = out[at + i - distance];
        }
    }

    private static int int32(byte[] bytes, int at) {
        return (bytes[at] & 0xff)
                | (bytes[at + 1] & 0xff) << 8
                | (bytes[at + 2] & 0xff) << 16
                | (bytes[at + 3] & 0xff) << 24;
    }
}
