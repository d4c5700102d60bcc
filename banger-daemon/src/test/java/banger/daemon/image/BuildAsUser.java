package banger.daemon.image;

import banger.api.BangerException;
import banger.daemon.debian.DebianMirror;
import banger.daemon.process.HostCommandRunner;
import banger.daemon.publish.Recorded;
import banger.daemon.publish.Users;
import banger.daemon.store.Database;
import java.nio.file.Files;
import java.nio.file.Path;

/** The program that a test runs as an ordinary user: builds one image below a directory of that user's. */
final class BuildAsUser {
    private BuildAsUser() {}

    /** @param arguments directory, image; prints the image's path or the error's code and text */
    public static void main(String[] arguments) throws Exception {
        var dir = Path.of(arguments[0]);
        var progress = new Recorded();
        try (var database = Database.open(dir.resolve("banger.db"))) {
            var images = new Images(
                    dir.resolve("images"),
                    dir.resolve("cache"),
                    Files.createDirectories(dir.resolve("work")),
                    database,
                    new HostCommandRunner(),
                    DebianMirror.DEFAULT,
                    Catalog.builtin(),
                    Users.NONE);
            System.out.println(images.ensure(arguments[1], progress).path());
            System.err.println(progress.done);
        } catch (BangerException e) {
            System.out.println(e.code().code() + " " + e.fact() + " " + e.remedies());
        }
    }
}
