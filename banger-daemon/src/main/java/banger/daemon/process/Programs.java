package banger.daemon.process;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Where host programs are and which Debian package has them. */
public final class Programs {
    /** The directories searched, whatever the caller's PATH: a daemon does not trust an inherited one. */
    public static final List<Path> DIRECTORIES = List.of(
            Path.of("/usr/local/sbin"),
            Path.of("/usr/local/bin"),
            Path.of("/usr/sbin"),
            Path.of("/usr/bin"),
            Path.of("/sbin"),
            Path.of("/bin"));

    /** {@link #DIRECTORIES} as the PATH of every program we start. */
    public static final String PATH =
            String.join(":", DIRECTORIES.stream().map(Path::toString).toList());

    private static final Map<String, String> PACKAGES = Map.ofEntries(
            Map.entry("qemu-system-x86_64", "qemu-system-x86"),
            Map.entry("mmdebstrap", "mmdebstrap"),
            Map.entry("newuidmap", "uidmap"),
            Map.entry("mke2fs", "e2fsprogs"),
            Map.entry("depmod", "kmod"),
            Map.entry("ip", "iproute2"),
            Map.entry("nft", "nftables"),
            Map.entry("pasta", "passt"),
            Map.entry("bwrap", "bubblewrap"),
            Map.entry("ssh", "openssh-client"),
            Map.entry("ssh-keygen", "openssh-client"),
            Map.entry("dpkg-deb", "dpkg"),
            Map.entry("apt-get", "apt"),
            Map.entry("git", "git"));

    private Programs() {}

    public static Optional<Path> find(String program) {
        if (program.contains("/")) {
            var path = Path.of(program);
            return Files.isExecutable(path) ? Optional.of(path) : Optional.empty();
        }
        return DIRECTORIES.stream()
                .map(d -> d.resolve(program))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** The Debian package that carries a program; the program's own name where we do not know. */
    public static String debianPackage(String program) {
        return PACKAGES.getOrDefault(program, program);
    }
}
