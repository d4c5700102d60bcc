package banger.daemon.image;

import static org.assertj.core.api.Assertions.assertThat;

import banger.daemon.debian.DebianMirror;
import banger.daemon.process.Command;
import banger.daemon.process.HostCommandRunner;
import banger.daemon.publish.Recorded;
import banger.daemon.publish.Users;
import banger.daemon.store.Database;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real images from the real mirror. */
@Tag("vm")
class RecipeBuildTest {
    @TempDir(factory = VarTmp.class)
    Path dir;

    private Database database;

    @BeforeEach
    void open() {
        database = Database.open(dir.resolve("banger.db"));
    }

    @AfterEach
    void close() {
        database.close();
    }

    private Images images() throws Exception {
        return new Images(
                dir.resolve("images"),
                Path.of(System.getProperty(
                        "banger.test.cache", dir.resolve("cache").toString())),
                Files.createDirectories(dir.resolve("work")),
                database,
                new HostCommandRunner(),
                DebianMirror.DEFAULT,
                Catalog.builtin(),
                Users.NONE);
    }

    @Test
    void theMinimalImageIsBuilt() throws Exception {
        var progress = new Recorded();
        var image = images().ensure("debian-minimal", progress);
        System.out.println(image + "\n" + progress.done + progress.doing.subList(0, 3));
        var check = new HostCommandRunner()
                .run(Command.of("e2fsck", "-fn", image.path().toString()));
        System.out.println(check.out() + check.err());
        assertThat(check.status()).isZero();
        assertThat(dir.resolve("work")).isEmptyDirectory();
        Files.copy(
    }
}
