package banger.workspace.in;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.workspace.FileStat;
import banger.workspace.ObjectFormat;
import banger.workspace.RepoPath;
import banger.workspace.git.ObjectId;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** The ids of host files that were read before, believed as long as the kernel says the same of them. */
final class StatCache {
    private static final int VERSION = 1;
    /** A file that changed this lately may change again without its times telling. */
    private static final long YOUNG = 1_000_000_000L;

    private final Path file;
    private final ObjectFormat format;
    private final Map<RepoPath, Known> known = new HashMap<>();

    private record Known(FileStat stat, ObjectId id) {}

    private StatCache(Path file, ObjectFormat format) {
        this.file = file;
        this.format = format;
    }

    /** One that cannot be read is empty: the files are read again. */
    static StatCache load(Path file, ObjectFormat format) {
        var cache = new StatCache(file, format);
        try (var in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file), 1 << 16))) {
            if (in.readInt() != VERSION) return cache;
            for (int n = in.readInt(); n > 0; n--) {
                var path = in.readNBytes(in.readUnsignedShort());
                var stat = new FileStat(
                        in.readInt(), in.readLong(), in.readLong(), in.readLong(), in.readLong(), in.readLong());
                cache.known.put(RepoPath.of(path), new Known(stat, ObjectId.of(in.readNBytes(format.rawLength()))));
            }
        } catch (NoSuchFileException e) {
            return cache;
        } catch (IOException | IllegalArgumentException e) {
            cache.known.clear();
        }
        return cache;
    }

    Optional<ObjectId> id(RepoPath path, FileStat stat) {
        var found = known.get(path);
        return found != null && found.stat.equals(stat) ? Optional.of(found.id) : Optional.empty();
    }

    /** @param now nanoseconds since 1970, taken before the file was read */
    void put(RepoPath path, FileStat stat, ObjectId id, long now) {
        if (Math.max(stat.ctime(), stat.mtime()) + YOUNG < now) known.put(path, new Known(stat, id));
        else known.remove(path);
    }

    void save() {
        var temporary = file.resolveSibling(file.getFileName() + ".tmp");
        try {
            try (var out = new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(temporary), 1 << 16))) {
                out.writeInt(VERSION);
                out.writeInt(known.size());
                for (var e : known.entrySet()) {
                    var path = e.getKey().bytes();
                    var stat = e.getValue().stat;
                    out.writeShort(path.length);
                    out.write(path);
                    out.writeInt(stat.mode());
                    out.writeLong(stat.size());
                    out.writeLong(stat.mtime());
                    out.writeLong(stat.ctime());
                    out.writeLong(stat.inode());
                    out.writeLong(stat.device());
                    out.write(e.getValue().id.raw());
                }
            }
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new BangerException(ErrorCode.HOST_DISK_FULL, file + ": " + e.getMessage()).because(e);
        }
    }
}
