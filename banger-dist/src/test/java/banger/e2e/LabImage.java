package banger.e2e;

import banger.daemon.debian.DebianMirror;
import banger.daemon.image.Catalog;
import banger.daemon.image.Images;
import banger.daemon.image.Recipe;
import banger.daemon.process.HostCommandRunner;
import banger.daemon.progress.Progress;
import banger.daemon.publish.Users;
import banger.daemon.store.Database;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What the lab's machine starts from: Debian with what our users have on their hosts, by our own recipe code. */
final class LabImage {
    /** What {@code scripts/host-packages} and the documents ask of a host that runs VMs, and tools of the scenarios. */
    static final Recipe RECIPE = new Recipe(
            "lab",
            "a Debian host that can run banger",
            "bookworm",
            List.of(
                    "systemd",
                    "systemd-sysv",
                    "udev",
                    "dbus",
                    "libpam-systemd",
                    "kmod",
                    "iproute2",
                    "nftables",
                    "procps",
                    "psmisc",
                    "openssh-client",
                    "openssh-server",
                    "qemu-system-x86",
                    "passt",
                    "uidmap",
                    "e2fsprogs",
                    "bubblewrap",
                    "ca-certificates",
                    "git",
                    "sudo",
                    "zstd",
                    "jq",
                    "python3-minimal"),
            List.of(),
            300,
            1400);

    private LabImage() {}

    /** Builds it below this directory unless it is there; takes minutes then. */
    static Path in(Path directory) throws IOException {
        Files.createDirectories(directory);
        try (var database = Database.open(directory.resolve("banger.db"))) {
            var images = new Images(
                    directory.resolve("images"),
                    Prepared.downloads(),
                    Path.of("/var/tmp"),
                    database,
                    new HostCommandRunner(),
                    DebianMirror.DEFAULT,
                    new Catalog(1, List.of(RECIPE)),
                    Users.NONE);
            return images.ensure(RECIPE.name(), Progress.NONE).path();
        }
    }
}
