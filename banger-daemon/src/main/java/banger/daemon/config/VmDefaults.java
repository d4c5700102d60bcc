package banger.daemon.config;

import banger.api.Size;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How big a VM is when nobody says: the settings, else what this host can spare (decision 16).
 *
 * @param vcpu a quarter of the host's, 1 to 4
 * @param memoryMib an eighth of the host's, 1 to 8 GiB
 */
public record VmDefaults(int vcpu, int memoryMib, long diskBytes, long overlayBytes) {
    /** Default memory is a round number. */
    private static final int MEMORY_STEP = 256;

    private static final long DISK = 8 * Size.GIB;

    public static VmDefaults of(Settings settings) {
        int cpus = Runtime.getRuntime().availableProcessors();
        long memory = hostMemoryMib();
        return new VmDefaults(
                settings.vcpu().orElse(Math.clamp(cpus / 4, 1, 4)),
                settings.memoryMib().orElse(Math.clamp(memory / 8 / MEMORY_STEP * MEMORY_STEP, 1024, 8192)),
                settings.diskBytes().orElse(DISK),
                settings.overlayBytes().orElse(DISK));
    }

    /** The host's memory, from /proc/meminfo. */
    public static long hostMemoryMib() {
        return meminfo("MemTotal:");
    }

    /** What could be given to a VM now without swapping. */
    public static long availableMemoryMib() {
        return meminfo("MemAvailable:");
    }

    private static long meminfo(String key) {
        try (var in = Files.newBufferedReader(Path.of("/proc/meminfo"))) {
            return in.lines()
                    .filter(l -> l.startsWith(key))
                    .findFirst()
                    .map(l -> Long.parseLong(l.replaceAll("[^0-9]", "")) / 1024)
                    .orElse(4096L);
        } catch (IOException e) {
            return 4096;
        }
    }
}
