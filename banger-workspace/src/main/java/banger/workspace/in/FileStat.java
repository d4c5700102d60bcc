package banger.workspace.in;

/**
 * What the kernel says of a file.
 *
 * @param mode {@code st_mode}
 * @param mtime and {@code ctime}: nanoseconds since 1970
 */
record FileStat(int mode, long size, long mtime, long ctime, long inode, long device) {
    private static final int TYPE = 0170000;

    boolean isRegular() {
        return (mode & TYPE) == 0100000;
    }

    boolean isLink() {
        return (mode & TYPE) == 0120000;
    }

    boolean isDirectory() {
        return (mode & TYPE) == 0040000;
    }
}
