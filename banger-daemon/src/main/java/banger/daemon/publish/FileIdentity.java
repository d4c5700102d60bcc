package banger.daemon.publish;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * What tells cheaply that a file is the one that was hashed: nobody can write to it, or put another in
 * its place, without changing one of these (the owner with a debugger on the disk aside).
 *
 * @param mtime nanoseconds since 1970
 * @param ctime nanoseconds since 1970
 */
public record FileIdentity(long device, long inode, long size, long mtime, long ctime) {
    /** Of the file itself, not of what a link points to. */
    public static FileIdentity of(Path file) throws IOException {
        Map<String, Object> stat =
                Files.readAttributes(file, "unix:dev,ino,size,lastModifiedTime,ctime", LinkOption.NOFOLLOW_LINKS);
        return new FileIdentity(
                number(stat, "dev"),
                number(stat, "ino"),
                number(stat, "size"),
                nanos(stat, "lastModifiedTime"),
                nanos(stat, "ctime"));
    }

    private static long number(Map<String, Object> stat, String name) {
        return stat.get(name) instanceof Number n ? n.longValue() : 0;
    }

    private static long nanos(Map<String, Object> stat, String name) {
        return stat.get(name) instanceof FileTime t ? t.to(TimeUnit.NANOSECONDS) : 0;
    }

    /** The form kept in the database; compared only for equality. */
    public String text() {
        return device + ":" + inode + ":" + size + ":" + mtime + ":" + ctime;
    }
}
