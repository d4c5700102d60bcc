package banger.daemon.archive;

import java.nio.charset.StandardCharsets;

/**
 * What an archive member carries besides its content.
 *
 * @param name relative path of at most 4095 bytes; no empty, {@code .} or {@code ..} component
 * @param permissions at most 07777
 * @param mtime seconds since 1970, within 32 bits
 */
public record CpioHeader(String name, int permissions, int uid, int gid, long mtime) {
    private static final int MAX_NAME = 4095;

    public CpioHeader {
        for (var part : name.split("/", -1))
            if (part.isEmpty() || part.equals(".") || part.equals(".."))
                throw new IllegalArgumentException("archive member name: " + name);
        if (name.indexOf('\0') >= 0 || name.getBytes(StandardCharsets.UTF_8).length > MAX_NAME)
            throw new IllegalArgumentException("archive member name: " + name);
        if ((permissions & ~07777) != 0) throw new IllegalArgumentException("permissions: " + permissions);
        if (uid < 0 || gid < 0) throw new IllegalArgumentException("owner: " + uid + ":" + gid);
        if (mtime < 0 || mtime > 0xffffffffL) throw new IllegalArgumentException("time: " + mtime);
    }

    /** Owned by root, of 1970: the same bytes whenever it is written. */
    public static CpioHeader root(String name, int permissions) {
        return new CpioHeader(name, permissions, 0, 0, 0);
    }

    public CpioHeader ownedBy(int newUid, int newGid) {
        return new CpioHeader(name, permissions, newUid, newGid, mtime);
    }
}
