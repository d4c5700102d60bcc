package banger.workspace.in;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.workspace.ObjectFormat;
import banger.workspace.RepoPath;
import banger.workspace.git.ObjectId;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A git index of version 2 or 3 as git wrote it: its entries, and the means to write the same one with
 * the stat data that the files will have in the guest. (The names alone git would list; what it cannot do
 * is write an index for a work tree that is elsewhere.)
 */
final class Index {
    private static final int SIGNATURE = 0x44495243; // DIRC
    private static final int FIXED = 40;

    private final byte[] bytes;
    private final ObjectFormat format;
    private final List<Entry> entries;
    private final int[] offsets;
    /** Where the entries end and git's extensions begin. */
    private final int end;

    /**
     * @param mode as git has it: 0100644, 0100755, 0120000, 0160000
     * @param stage 0, or 1 to 3 in a conflict
     * @param mtime nanoseconds, size: as the host's git saw the file last
     */
    record Entry(
            RepoPath path,
            int mode,
            ObjectId id,
            int stage,
            boolean skipWorktree,
            boolean intentToAdd,
            long mtime,
            long size) {
        boolean isSubmodule() {
            return mode == 0160000;
        }
    }

    private Index(byte[] bytes, ObjectFormat format, List<Entry> entries, int[] offsets, int end) {
        this.bytes = bytes;
        this.format = format;
        this.entries = List.copyOf(entries);
        this.offsets = offsets;
        this.end = end;
    }

    List<Entry> entries() {
        return entries;
    }

    static Index parse(byte[] bytes, ObjectFormat format) {
        try {
            var in = ByteBuffer.wrap(bytes);
            int signature = in.getInt();
            int version = in.getInt();
            int count = in.getInt();
            if (signature != SIGNATURE || version < 2 || version > 3 || count < 0 || count > bytes.length / 62)
                throw unreadable();
            var entries = new ArrayList<Entry>(count);
            var offsets = new int[count];
            for (int i = 0; i < count; i++) {
                offsets[i] = in.position();
                entries.add(entry(in, format));
            }
            return new Index(bytes, format, entries, offsets, in.position());
        } catch (BufferUnderflowException | IllegalArgumentException e) {
            throw unreadable().because(e);
        }
    }

    private static Entry entry(ByteBuffer in, ObjectFormat format) {
        int start = in.position();
        long mtime = Integer.toUnsignedLong(in.getInt(start + 8)) * 1_000_000_000 + in.getInt(start + 12);
        int mode = in.getInt(start + 24);
        long size = Integer.toUnsignedLong(in.getInt(start + 36));
        in.position(start + FIXED);
        var id = new byte[format.rawLength()];
        in.get(id);
        int flags = in.getShort();
        boolean extended = (flags & 0x4000) != 0;
        int more = extended ? in.getShort() : 0;
        int name = in.position();
        int end = name;
        while (in.get(end) != 0) end++;
        var path = RepoPath.of(Arrays.copyOfRange(in.array(), name, end));
        // Padded with 1 to 8 NULs to a multiple of eight.
        in.position(start + (end - start + 8 & ~7));
        return new Entry(
                path, mode, ObjectId.of(id), flags >> 12 & 3, (more & 0x4000) != 0, (more & 0x2000) != 0, mtime, size);
    }

    /** What the guest will see of an entry's file; {@link #UNKNOWN}: its git must look into the file. */
    record Seen(long mtime, long size) {
        static final Seen UNKNOWN = new Seen(0, 0);
    }

    /** Tells what the guest will see of an entry's file. */
    @FunctionalInterface
    interface Sight {
        Seen of(Entry entry);
    }

    /**
     * The same index with the stat data of the guest: where size and mtime match, its git does not read the
     * file. Device, inode and owner are left zero, for {@code core.checkStat=minimal} looks at none. Git's
     * extensions are left out: they name trees that the guest may not have, and git makes them anew.
     */
    byte[] withStat(Sight sight) {
        var out = ByteBuffer.wrap(Arrays.copyOf(bytes, end + format.rawLength()));
        for (int i = 0; i < offsets.length; i++) {
            int at = offsets[i];
            var entry = entries.get(i);
            int mode = out.getInt(at + 24);
            for (int o = 0; o < FIXED; o += 4) out.putInt(at + o, 0);
            out.putInt(at + 24, mode);
            if (entry.stage() != 0 || entry.skipWorktree()) continue;
            var seen = sight.of(entry);
            out.putInt(at + 8, (int) (seen.mtime / 1_000_000_000));
            out.putInt(at + 12, (int) (seen.mtime % 1_000_000_000));
            out.putInt(at + 36, (int) seen.size);
        }
        var digest = format.digest();
        digest.update(out.array(), 0, end);
        out.put(end, digest.digest());
        return out.array();
    }

    private static BangerException unreadable() {
        return new BangerException(
                ErrorCode.REPOSITORY_UNSUITABLE,
                "the repository's index cannot be understood",
                "git status; git --version");
    }
}
