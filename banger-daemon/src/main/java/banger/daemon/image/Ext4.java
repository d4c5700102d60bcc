package banger.daemon.image;

import banger.api.BangerException;
import banger.api.ErrorCode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Reads just enough of an ext4 superblock to know whether a guest can mount it read-only. */
final class Ext4 {
    private static final int SUPERBLOCK = 1024;
    private static final int MAGIC = 0xef53;
    private static final int RECOVER = 0x4;
    private static final int JOURNAL_DEVICE = 0x8;

    /** filetype, recover, meta_bg, extents, 64bit, mmp, flex_bg, ea_inode, dirdata, csum_seed, largedir, inline_data, casefold. */
    private static final int KNOWN_INCOMPATIBLE =
            0x2 | 0x4 | 0x10 | 0x40 | 0x80 | 0x100 | 0x200 | 0x400 | 0x2000 | 0x4000 | 0x8000 | 0x20000;

    private Ext4() {}

    /** @throws BangerException {@code image.invalid} with the reason and, where there is one, the remedy */
    static void check(String object, Path file) throws IOException {
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
            throw invalid(
                    object,
                    file
                            + (Files.exists(file, LinkOption.NOFOLLOW_LINKS)
                                    ? " is not a regular file"
                                    : ": no such file"));
        if (!Files.isReadable(file)) throw invalid(object, file + " is not readable");
        var block = ByteBuffer.allocate(1024).order(ByteOrder.LITTLE_ENDIAN);
        try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
            while (block.hasRemaining() && channel.read(block, SUPERBLOCK + block.position()) > 0) continue;
            if (block.hasRemaining() || (block.getShort(56) & 0xffff) != MAGIC)
                throw invalid(object, file + " is not an ext4 file system");
            checkFeatures(object, file, block.getInt(96));
            checkSize(object, file, block, channel.size());
        }
    }

    private static void checkFeatures(String object, Path file, int incompatible) {
        if ((incompatible & RECOVER) != 0)
            throw invalid(
                    object,
                    file
                            + " was not unmounted cleanly; its journal needs recovery, which a read-only drive cannot have",
                    "e2fsck -f " + file);
        if ((incompatible & JOURNAL_DEVICE) != 0) throw invalid(object, file + " is a journal device");
        int unknown = incompatible & ~KNOWN_INCOMPATIBLE;
        if (unknown != 0)
            throw invalid(
                    object, file + " has features that guests may not know (0x" + Integer.toHexString(unknown) + ")");
    }

    private static void checkSize(String object, Path file, ByteBuffer block, long size) {
        int log = block.getInt(24);
        if (log < 0 || log > 6) throw invalid(object, file + " has an impossible block size");
        long blocks = block.getInt(4) & 0xffffffffL;
        if ((block.getInt(96) & 0x80) != 0) blocks |= (block.getInt(336) & 0xffffffffL) << 32;
        if (blocks <= 0 || blocks > size >> (10 + log))
            throw invalid(object, file + " is cut off: its file system is larger than the file");
    }

    private static BangerException invalid(String object, String why, String... remedy) {
        return new BangerException(ErrorCode.IMAGE_INVALID, object + ": " + why, remedy);
    }
}
