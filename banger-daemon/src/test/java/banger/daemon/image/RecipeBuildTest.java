package banger.daemon.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.daemon.debian.DebianMirror;
import banger.daemon.process.Command;
import banger.daemon.process.HostCommandRunner;
import banger.daemon.publish.OrdinaryUser;
import banger.daemon.publish.Recorded;
import banger.daemon.publish.Users;
import banger.daemon.publish.VarTmp;
import banger.daemon.store.Database;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real images from the real mirror. */
@Tag("vm")
class RecipeBuildTest {
    /** Outlives a run, so that the next one need not fetch it all again. */
    static final Path DOWNLOADS = Path.of(System.getProperty("banger.checkout", "."), "target", "test-downloads");

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

    private Images images(String mirror) throws IOException {
        return new Images(
                dir.resolve("images"),
                DOWNLOADS,
                Files.createDirectories(dir.resolve("work")),
                database,
                new HostCommandRunner(),
                DebianMirror.of(mirror),
                Catalog.builtin(),
                Users.NONE);
    }

    @Test
    void anImageIsBuiltAndLeavesNothingElse() throws Exception {
        var progress = new Recorded();
        var image = images("http://deb.debian.org/debian").ensure("debian-minimal", progress);

        assertThat(progress.done)
                .singleElement()
                .asString()
                .matches("image debian-minimal: built from 1[0-9]{2} Debian packages, [0-9.]+ MiB in [0-9]+ ms");
        assertThat(progress.doing).anyMatch(d -> d.matches("image debian-minimal: installing packages [0-9]+/[0-9]+"));
        checkImage(image.path());
        assertThat(dir.resolve("work")).isEmptyDirectory();
        assertThat(Files.list(dir.resolve("images")))
                .extracting(p -> p.getFileName().toString())
                .containsExactly(image.digest());
        assertThat(images("http://127.0.0.1:9/debian").ensure("debian-minimal", progress))
                .isEqualTo(image);
    }

    @Test
    void anOrdinaryUserBuildsTheSameImage() throws Exception {
        assumeThat(Host.current().isRoot())
                .as("only root can make a user to try it with")
                .isTrue();
        try (var user = new OrdinaryUser(dir)) {
            var result = user.java(BuildAsUser.class, user.directory().toString(), "debian-minimal");
            assertThat(result.ok()).as(result.err()).isTrue();
            checkImage(Path.of(result.out().strip()));
            assertThat(Files.list(user.directory().resolve("cache/debian")))
                    .as("packages kept for the next build")
                    .hasSizeGreaterThan(100);
            assertThat(user.directory().resolve("work")).isEmptyDirectory();
        }
    }

    @Test
    void withoutSubordinateUsersTheCommandThatHelpsIsSaidAtOnce() throws Exception {
        assumeThat(Host.current().isRoot())
                .as("only root can make a user to try it with")
                .isTrue();
        try (var user = new OrdinaryUser(dir)) {
            user.loseSubordinateUsers();
            var result = user.java(BuildAsUser.class, user.directory().toString(), "debian-minimal");
            assertThat(result.out()).startsWith("host.tool-missing ").contains("sudo usermod --add-subuids ");
        }
    }

    @Test
    void aMirrorThatIsNotThereIsSaidClearly() throws Exception {
        assertThatThrownBy(() -> images("http://127.0.0.1:9/debian").ensure("debian-minimal", new Recorded()))
                .isInstanceOfSatisfying(BangerException.class, e -> {
                    assertThat(e.code()).isEqualTo(ErrorCode.IMAGE_BUILD_FAILED);
                    assertThat(e.remedies()).isNotEmpty();
                });
        assertNothingLeft();
    }

    @Test
    void anInterruptedBuildLeavesNothing() throws Exception {
        var installing = new CountDownLatch(1);
        var progress = new Recorded() {
            @Override
            public void doing(String object, String what, long part, long total) {
                if (what.startsWith("installing")) installing.countDown();
            }
        };
        var images = images("http://deb.debian.org/debian");
        var outcome = new CompletableFuture<Throwable>();
        var thread = Thread.ofVirtual().start(() -> {
            try {
                images.ensure("debian-minimal", progress);
                outcome.complete(new AssertionError("it was built"));
            } catch (Throwable e) {
                outcome.complete(e);
            }
        });
        assertThat(installing.await(4, TimeUnit.MINUTES)).isTrue();
        thread.interrupt();
        assertThat(outcome.get(30, TimeUnit.SECONDS))
                .isInstanceOfSatisfying(
                        BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CANCELLED));
        assertNothingLeft();
    }

    private void assertNothingLeft() throws IOException {
        assertThat(dir.resolve("work")).isEmptyDirectory();
        if (Files.exists(dir.resolve("images")))
            assertThat(dir.resolve("images")).isEmptyDirectory();
        try (var processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (var process : processes) assertThat(commandLine(process)).doesNotContain(dir.toString());
        }
    }

    private static String commandLine(Path process) {
        try {
            return Files.readString(process.resolve("cmdline"), java.nio.charset.StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return "";
        }
    }

    /** Sound, owned by root, and without what belongs to one machine only. */
    static void checkImage(Path image) {
        var runner = new HostCommandRunner();
        var check = runner.run(Command.of("e2fsck", "-fn", image.toString()));
        assertThat(check.status()).as(check.out() + check.err()).isZero();
        var listing = List.of(
                        "/",
                        "/etc/ssh",
                        "/dev",
                        "/var/lib/apt/lists",
                        "/etc/systemd/system",
                        "/usr/bin",
                        "/etc/ssl/certs",
                        "/var/cache/apt/archives",
                        "/usr/sbin")
                .stream()
                .map(d -> runner.run(Command.of("debugfs", "-R", "ls -p " + d, image.toString()))
                        .out())
                .toList();
        assertThat(listing.get(0)).contains("/040755/0/0/etc/", "/041777/0/0/tmp/");
        assertThat(listing.get(1)).contains("sshd_config").doesNotContain("ssh_host");
        assertThat(listing.get(2)).doesNotContain("null", "console");
        assertThat(listing.get(3)).doesNotContain("InRelease");
        assertThat(listing.get(6).lines().filter(l -> l.contains(".pem/"))).hasSizeGreaterThan(100);
        assertThat(listing.get(7)).doesNotContain(".deb");
        assertThat(listing.get(8))
                .contains("/100755/0/0/update-ca-certificates/")
                .doesNotContain(".real");
        assertThat(listing.get(4)).contains("/ssh.service/");
        assertThat(listing.get(5)).contains("/104755/0/0/su/").contains("/git/");
        assertThat(runner.run(Command.of("debugfs", "-R", "stat /etc/machine-id", image.toString()))
                        .out())
                .contains("Size: 0");
    }
}
