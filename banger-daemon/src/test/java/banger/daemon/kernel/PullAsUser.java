package banger.daemon.kernel;

import banger.daemon.debian.DebianMirror;
import banger.daemon.process.HostCommandRunner;
import banger.daemon.publish.Recorded;
import banger.daemon.publish.Users;
import banger.daemon.store.Database;
import java.nio.file.Files;
import java.nio.file.Path;

/** The program that a test runs as an ordinary user: pulls the kernel below a directory of that user's. */
final class PullAsUser {
    private PullAsUser() {}

    /** @param arguments directory; prints the kernel's digest */
    public static void main(String[] arguments) throws Exception {
        var dir = Path.of(arguments[0]);
        try (var database = Database.open(dir.resolve("banger.db"))) {
            var kernels = new Kernels(
                    dir.resolve("kernels"),
                    Files.createDirectories(dir.resolve("work")),
                    Files.writeString(dir.resolve("guest"), "a guest program"),
                    database,
                    new HostCommandRunner(),
                    DebianMirror.DEFAULT,
                    Users.NONE);
            System.out.println(kernels.ensure("debian-cloud", new Recorded()).digest());
        }
    }
}
