package banger.daemon.kernel;

import java.nio.file.Path;

/** The names inside a kernel's directory. */
final class KernelFiles {
    static final String VMLINUX = "vmlinux";
    static final String MODULES = "modules.ext4";
    static final String EARLY_MODULES = "modules.cpio";
    static final String MANIFEST = "manifest.json";

    private KernelFiles() {}

    /** The initrd that carries the guest program with this hash. */
    static Path initrd(Path directory, String guestProgram) {
        return directory.resolve("initrd-" + guestProgram.substring(0, 16) + ".img");
    }

    static boolean isInitrd(Path file) {
        return file.getFileName().toString().matches("initrd-[0-9a-f]{16}\\.img");
    }
}
