package banger.daemon.publish;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * The digest of a large file of which much is zeroes, as a machine's memory is: SHA-256 over its size and the digests of its
 * blocks. Blocks are read by as many threads as there are processors, and what is zero is only looked at.
 */
public final class BlockDigest {
    private static final int BLOCK = 1 << 20;

    /** A guest's zeroes come in such pieces and larger ones. */
    private static final int PIECE = 1 << 14;

    /** Each reads into a buffer of its own. */
    private static final int MOST_THREADS = 8;

    private static final byte[] ZEROES = new byte[PIECE];

    private final FileChannel file;
    private final long size;
    private final byte[][] blocks;

    private BlockDigest(FileChannel file, long size) {
        this.file = file;
        this.size = size;
        this.blocks = new byte[Math.toIntExact((size + BLOCK - 1) / BLOCK)][];
    }

    /**
     * In lower-case hexadecimal.
     *
     * @throws InterruptedIOException when the thread is interrupted meanwhile
     */
    public static String of(Path path) throws IOException {
        try (var file = FileChannel.open(path, StandardOpenOption.READ)) {
            return new BlockDigest(file, Files.size(path)).digest();
        }
    }

    private String digest() throws IOException {
        int threads = Math.min(Math.min(MOST_THREADS, Runtime.getRuntime().availableProcessors()), blocks.length);
        var shares = new ArrayList<FutureTask<Void>>();
        for (int i = 0; i < threads; i++) {
            int first = i;
            var share = new FutureTask<Void>(() -> {
                read(first, threads);
                return null;
            });
            Thread.ofPlatform().daemon().name("digest-" + i).start(share);
            shares.add(share);
        }
        await(shares);
        var digest = Sha256.newDigest();
        digest.update(ByteBuffer.allocate(Long.BYTES).putLong(size).flip());
        for (var block : blocks) digest.update(block);
        return Sha256.hex(digest);
    }

    /** One that fails takes the file away from the others. */
    private void await(List<FutureTask<Void>> shares) throws IOException {
        try {
            for (var share : shares) share.get();
        } catch (InterruptedException e) {
            file.close();
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        } catch (ExecutionException e) {
            file.close();
            throw e.getCause() instanceof IOException failed ? failed : new IOException(e.getCause());
        }
    }

    /** Every so manieth block. */
    private void read(int first, int step) throws IOException {
        var buffer = new byte[BLOCK];
        for (int block = first; block < blocks.length; block += step) {
            long begin = (long) block * BLOCK;
            int length = (int) Math.min(BLOCK, size - begin);
            var into = ByteBuffer.wrap(buffer, 0, length);
            while (into.hasRemaining())
                if (file.read(into, begin + into.position()) < 0)
                    throw new IOException("the file became shorter while it was read");
            blocks[block] = digest(buffer, length);
        }
    }

    private static byte[] digest(byte[] block, int length) {
        var digest = Sha256.newDigest();
        for (int at = 0; at < length; at += PIECE) {
            int end = Math.min(length, at + PIECE);
            boolean zero = Arrays.equals(block, at, end, ZEROES, 0, end - at);
            digest.update((byte) (zero ? 0 : 1));
            if (!zero) digest.update(block, at, end - at);
        }
        return digest.digest();
    }
}
