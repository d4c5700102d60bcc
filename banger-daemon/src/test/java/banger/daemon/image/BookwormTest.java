package banger.daemon.image;

import static org.assertj.core.api.Assertions.assertThat;

import banger.daemon.debian.DebianMirror;
import banger.daemon.process.Command;
import banger.daemon.process.HostCommandRunner;
import banger.daemon.publish.Recorded;
import banger.daemon.publish.Users;
import banger.daemon.publish.VarTmp;
import banger.daemon.store.Database;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The default image, from the real mirror and the real registry. */
@Tag("vm")
class BookwormTest {
    @TempDir(factory = VarTmp.class)
    Path dir;

    @Test
    void theDefaultImageHasDockerAndMise() throws Exception {
        var runner = new HostCommandRunner();
        var progress = new Recorded();
        try (var database = Database.open(dir.resolve("banger.db"))) {
            var images = new Images(
                    dir.resolve("images"),
                    RecipeBuildTest.DOWNLOADS,
                    Files.createDirectories(dir.resolve("work")),
                    database,
                    runner,
                    DebianMirror.DEFAULT,
                    Catalog.builtin(),
                    Users.NONE);
            var image = images.ensure("debian-bookworm", progress);
            RecipeBuildTest.checkImage(image.path());
            var mise = runner.run(Command.of(
                            "debugfs",
                            "-R",
                            "stat /usr/local/bin/mise",
                            image.path().toString()))
                    .out();
            assertThat(mise).contains("Mode:  0755").containsPattern("User: +0 ");
            var wanted = "/etc/systemd/system/";
            assertThat(listing(runner, image, wanted + "sockets.target.wants")).contains("docker.socket");
            assertThat(listing(runner, image, wanted + "multi-user.target.wants"))
                    .doesNotContain("docker.service", "containerd.service", "ssh.service");
            assertThat(dir.resolve("work")).isEmptyDirectory();
        }
    }

    private static String listing(HostCommandRunner runner, Image image, String directory) {
        return runner.run(Command.of(
                        "debugfs", "-R", "ls -p " + directory, image.path().toString()))
                .out();
    }
}
