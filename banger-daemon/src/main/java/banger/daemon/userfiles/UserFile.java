package banger.daemon.userfiles;

import java.nio.file.Path;

/** A file or directory to be in a guest, owned by root there. */
public sealed interface UserFile {
    /** Below {@code /root}, relative, without {@code .} and {@code ..}. */
    String path();

    /** At most 0777. */
    int permissions();

    record Directory(String path, int permissions) implements UserFile {}

    /** @param size as found; a file that has changed meanwhile is sent as it is then, or refused where it cannot be */
    record HostFile(String path, int permissions, Path source, long size) implements UserFile {}

    record Text(String path, int permissions, String text) implements UserFile {}
}
