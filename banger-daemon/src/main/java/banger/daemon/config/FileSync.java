package banger.daemon.config;

import java.nio.file.Path;

/**
 * A file or directory of the host that every VM gets at its start.
 *
 * @param index place in the list, from 0: what messages call it by
 * @param host absolute, lexically inside the owner's home
 * @param guest below {@code /root} of the guest, relative, without {@code .} and {@code ..}
 * @param mode permission bits of a file; a directory's files keep their own
 */
public record FileSync(int index, Path host, String guest, int mode) {
    public String label() {
        return "file_sync[" + index + "]";
    }
}
