package banger.daemon.kernel;

import java.util.List;
import java.util.Optional;

/**
 * A kernel that can be pulled.
 *
 * @param suite Debian's name of the release
 * @param metaPackage depends on the newest kernel package; never a version, which is gone within days
 * @param packagePattern what that package's name looks like
 * @param size bytes to fetch, about
 */
public record KernelEntry(
        String name, String description, String suite, String metaPackage, String packagePattern, long size) {
    /** Every kernel that can be pulled by name; the first is the default. */
    public static final List<KernelEntry> ALL = List.of(new KernelEntry(
            "debian-cloud",
            "Debian 12's kernel for virtual machines",
            "bookworm",
            "linux-image-cloud-amd64",
            "linux-image-[0-9][0-9a-z.+~-]*-cloud-amd64",
            26_700_000));

    public static Optional<KernelEntry> find(String name) {
        return ALL.stream().filter(e -> e.name().equals(name)).findFirst();
    }
}
