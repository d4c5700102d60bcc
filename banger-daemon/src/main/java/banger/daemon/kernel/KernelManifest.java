package banger.daemon.kernel;

import banger.daemon.publish.Sha256;
import io.avaje.jsonb.Json;
import java.util.Map;

/**
 * {@code manifest.json}: what a kernel's directory holds.
 *
 * @param format 1
 */
@Json
public record KernelManifest(int format, String release, String vmlinux, String modules, String earlyModules) {
    static final int FORMAT = 1;

    /** Name and hash of each file that makes the kernel. */
    Map<String, String> files() {
        return Map.of(
                KernelFiles.VMLINUX, vmlinux, KernelFiles.MODULES, modules, KernelFiles.EARLY_MODULES, earlyModules);
    }

    /** The kernel's digest: over the hashes of its parts, so the same parts have the same digest. */
    String digest() {
        return Sha256.of(String.join("\n", Integer.toString(format), release, vmlinux, modules, earlyModules));
    }
}
