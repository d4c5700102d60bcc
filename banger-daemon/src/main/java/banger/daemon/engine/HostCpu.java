package banger.daemon.engine;

import banger.daemon.publish.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;

/** What of this host's processor and kernel a saved machine depends on. */
public final class HostCpu {
    private static final Set<String> KEYS =
            Set.of("vendor_id", "cpu family", "model", "model name", "stepping", "microcode", "flags");

    private HostCpu() {}

    /** One word that changes with any of it. */
    public static String likeness() {
        try (var in = Files.newBufferedReader(Path.of("/proc/cpuinfo"))) {
            var first = in.lines()
                    .takeWhile(l -> !l.isBlank())
                    .filter(l -> KEYS.contains(l.split(":", 2)[0].strip()))
                    .collect(Collectors.joining("\n"));
            var text = first + "\n" + System.getProperty("os.version");
            return Sha256.of(text).substring(0, 16);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
