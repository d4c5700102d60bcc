package banger.workspace;

/**
 * What the kernel says of a file.
 *
 * @param mode {@code st_mode}
 * @param mtime and {@code ctime}: nanoseconds since 1970
 */
public record FileStat(int mode, long size, long mtime, long ctime, long inode, long device) {
    private static final int TYPE = 0170000;

    public boolean isRegular() {
        return (mode & TYPE) == 0100000;
    }

    public boolean isLink() {
        return (mode & TYPE) == 0120000;
    }

    public boolean isDirectory() {
        return (mode & TYPE) == 0040000;
    }

    /** The same file with the same content, as far as the kernel tells; a second name for it changes only {@code ctime}. */
    public boolean holds(FileStat then) {
        return mode == then.mode
                && size == then.size
                && mtime == then.mtime
                && inode == then.inode
                && device == then.device;
    }
}
