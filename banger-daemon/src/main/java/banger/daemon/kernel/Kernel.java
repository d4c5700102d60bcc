package banger.daemon.kernel;

import java.nio.file.Path;
import java.time.Instant;

/**
 * A kernel that is here, whole and ready to boot from.
 *
 * @param digest names its content, without the guest program in the initrd
 * @param release what {@code uname -r} says in the guest
 * @param source where it came from, for people: {@code debian linux-image-… 6.1.192-2}
 * @param vmlinux an uncompressed ELF kernel
 * @param initrd the guest program and the modules that bring up its devices
 * @param modules ext4, {@code /RELEASE/…}: the drive mounted on {@code /lib/modules}
 * @param commandLine the same for every VM
 */
public record Kernel(
        String name,
        String digest,
        String release,
        String source,
        Path vmlinux,
        Path initrd,
        Path modules,
        String commandLine,
        Instant importedAt) {}
