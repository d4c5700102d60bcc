package banger.daemon;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The identity of this boot of the host: what ran under another one runs no more. */
public final class HostBoot {
    private static final String ID = read();

    private HostBoot() {}

    public static String id() {
        return ID;
    }

    private static String read() {
        try {
            return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
