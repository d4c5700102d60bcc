package banger.daemon.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.BangerException;
import banger.daemon.publish.Recorded;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The parts of a recipe's build that need no build. */
class RecipesTest {
    @TempDir
    Path dir;

    @Test
    void theCatalogOfThisBangerIsSound() {
        var catalog = Catalog.builtin();
        assertThat(catalog.recipes()).extracting(Recipe::name).containsExactly("debian-bookworm", "debian-minimal");
        assertThat(catalog.find("debian-minimal").orElseThrow().packages())
                .contains("systemd", "openssh-server", "git")
                .doesNotContain("docker.io");
        assertThat(catalog.find("debian-bookworm").orElseThrow().additions())
                .singleElement()
                .satisfies(a -> assertThat(a.path()).isEqualTo("/usr/local/bin/mise"));
        assertThat(catalog.find("nothing")).isEmpty();
    }

    @Test
    void aCatalogThatMakesNoSenseIsNotRead() {
        var good = """
                {"version":1,"recipes":[{"name":"a","description":"","suite":"bookworm","packages":["git"],
                "additions":[],"expectedPackages":1,"treeMib":1}]}""";
        assertThat(Catalog.parse(good).recipes()).hasSize(1);
        for (var bad : new String[][] {
            {"\"version\":1", "\"version\":2"},
            {"\"a\"", "\"../a\""},
            {"bookworm", "book worm"},
            {"git", "git;reboot"},
            {"git", "--option"},
            {"\"treeMib\":1", "\"treeMib\":0"},
        })
            assertThatThrownBy(() -> Catalog.parse(good.replace(bad[0], bad[1])))
                    .as(bad[1])
                    .isInstanceOf(RuntimeException.class);
    }

    @Test
    void progressCountsEachPackageHalfWhenUnpackedAndHalfWhenSetUp() {
        var told = new Recorded();
        var progress = new BuildProgress("image x", told, 2);
        progress.accept("Get:3 http://deb.debian.org/debian bookworm/main amd64 Packages [8790 kB]");
        progress.accept("Get:1 http://deb.debian.org/debian bookworm/main amd64 git amd64 1:2.39 [20.0 kB]");
        progress.accept("0 upgraded, 3 newly installed, 0 to remove and 0 not upgraded.");
        progress.accept("Unpacking git (1:2.39) ...");
        progress.accept("Unpacking git (1:2.39) ...");
        progress.accept("Setting up git (1:2.39) ...");
        progress.accept("banger: packages 161");
        progress.accept("banger: writing");
        assertThat(told.doing)
                .containsExactly(
                        "image x: fetching git",
                        "image x: installing packages 0/3",
                        "image x: installing packages 0/3",
                        "image x: installing packages 1/3",
                        "image x: writing the file system");
        assertThat(progress.packages()).isEqualTo(161);
    }

    @Test
    void aFailureIsExplainedByTheLinesThatSaySo() {
        var progress = new BuildProgress("image x", new Recorded(), 2);
        progress.accept("something");
        assertThat(progress.reasons()).containsExactly("something");
        progress.accept("E: Unable to \u001b[31mlocate package gitt");
        progress.accept("I: removing tempdir");
        progress.accept("E: setup failed: E: command failed: finish.sh");
        progress.accept("E: mmdebstrap failed to run");
        assertThat(progress.reasons()).containsExactly("E: Unable to ?[31mlocate package gitt");
    }

    @Test
    void aUserWithoutSubordinateUsersIsToldAFreeRange() throws IOException {
        var sam = new Host(1000, "sam");
        Files.writeString(dir.resolve("subuid"), "alice:100000:65536\n# x\n");
        Files.writeString(dir.resolve("subgid"), "alice:100000:65536\nbob:165536:65536\n");
        assertThatThrownBy(() -> sam.checkSubordinateUsers(dir))
                .isInstanceOfSatisfying(
                        BangerException.class,
                        e -> assertThat(e.remedies())
                                .containsExactly(
                                        "sudo usermod --add-subuids 231072-296607 --add-subgids 231072-296607 sam"));
        Files.writeString(dir.resolve("subuid"), "1000:300000:65536\n");
        Files.writeString(dir.resolve("subgid"), "sam:300000:65536\n");
        sam.checkSubordinateUsers(dir);
        new Host(0, "root").checkSubordinateUsers(dir.resolve("nowhere"));
        assertThat(Host.spareMemoryMib()).isPositive();
    }

    @Test
    void aCachedPackageIsOfferedOnlyWithTheBytesItHad() throws IOException {
        var cache = new PackageCache(dir.resolve("cache"));
        try (var loan = cache.lend(dir.resolve("first"))) {
            Files.writeString(loan.directory().resolve("git_1%3a2_amd64.deb"), "git");
            Files.writeString(loan.directory().resolve("less_1_amd64.deb"), "less");
            Files.writeString(loan.directory().resolve("lock"), "");
            Files.writeString(loan.directory().resolve("partial/half_1_amd64.deb"), "ha");
        }
        try (var loan = cache.lend(dir.resolve("second"))) {
            assertThat(names(loan.directory()))
                    .containsExactlyInAnyOrder("git_1%3a2_amd64.deb", "less_1_amd64.deb", "partial");
        }
        Files.writeString(dir.resolve("cache/less_1_amd64.deb"), "LESS");
        Files.writeString(dir.resolve("cache/evil_1_amd64.deb"), "evil");
        try (var loan = cache.lend(dir.resolve("third"))) {
            assertThat(names(loan.directory())).containsExactlyInAnyOrder("git_1%3a2_amd64.deb", "partial");
        }
    }

    private static java.util.List<String> names(Path directory) throws IOException {
        try (var files = Files.list(directory)) {
            return files.map(f -> f.getFileName().toString()).toList();
        }
    }

    private static byte[] archive(String member, String content) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var tar = new TarArchiveOutputStream(new GZIPOutputStream(bytes))) {
            for (var name : new String[] {"package/README", member, "../../etc/passwd"}) {
                var entry = new TarArchiveEntry(name, true);
                entry.setSize(content.length());
                tar.putArchiveEntry(entry);
                tar.write(content.getBytes());
                tar.closeArchiveEntry();
            }
        }
        return bytes.toByteArray();
    }

    private Recipe.Addition addition(byte[] archive) throws Exception {
        var hash = Base64.getEncoder()
                .encodeToString(MessageDigest.getInstance("SHA-512").digest(archive));
        Files.createDirectories(dir.resolve("pinned"));
        Files.write(dir.resolve("pinned/tool.tgz"), archive);
        // Nobody listens there: what is not in the cache with the right bytes cannot be had.
        return new Recipe.Addition(
                "https://127.0.0.1:9/tool.tgz", "sha512-" + hash, archive.length, "package/bin/tool", "/usr/bin/tool");
    }

    @Test
    void onlyTheOneMemberOfAPinnedArchiveIsTaken() throws Exception {
        var pinned = new PinnedDownload(dir.resolve("pinned"));
        pinned.extract(addition(archive("package/bin/tool", "program")), dir.resolve("tool"));
        assertThat(dir.resolve("tool")).hasContent("program").isExecutable();
        assertThatThrownBy(() -> pinned.extract(addition(archive("package/bin/other", "x")), dir.resolve("none")))
                .hasMessageContaining("it has no package/bin/tool");
        assertThat(dir.resolve("none")).doesNotExist();
    }

    @Test
    void otherBytesThanThePinnedOnesAreNotUsed() throws Exception {
        var addition = addition(archive("package/bin/tool", "program"));
        Files.write(dir.resolve("pinned/tool.tgz"), archive("package/bin/tool", "PROGRAM"));
        assertThatThrownBy(() -> new PinnedDownload(dir.resolve("pinned")).extract(addition, dir.resolve("tool")))
                .isInstanceOf(BangerException.class)
                .hasMessageContaining("no answer from 127.0.0.1");
        assertThat(dir.resolve("tool")).doesNotExist();
    }

    @Test
    void aPrunedCacheIsEmptyAndStillThere() throws IOException {
        var cache = Files.createDirectories(dir.resolve("cache/debian"));
        Files.writeString(cache.resolve("a"), "12345");
        Files.writeString(cache.getParent().resolve("b"), "67");
        assertThat(CachePrune.tally(dir.resolve("cache")).bytes()).isEqualTo(7);
        assertThat(CachePrune.prune(dir.resolve("cache")).text())
                .isEqualTo("7 B across 2 files in " + dir.resolve("cache"));
        assertThat(dir.resolve("cache")).isEmptyDirectory();
        assertThat(Files.list(dir)).hasSize(1);
        assertThat(CachePrune.prune(dir.resolve("nowhere")).files()).isZero();
        assertThat(dir.resolve("nowhere")).doesNotExist();
    }

    @Test
    void aSparseCopyHasTheSameBytes() throws Exception {
        var from = dir.resolve("from");
        try (var file = new java.io.RandomAccessFile(from.toFile(), "rw")) {
            file.setLength((5 << 20) + 123);
            file.seek(3 << 20);
            file.write("here".getBytes());
            file.seek((4 << 20) - 1);
            file.write("and here".getBytes());
        }
        var digest = banger.daemon.publish.Sha256.newDigest();
        SparseCopy.copy(from, dir.resolve("to"), digest);
        assertThat(Files.mismatch(from, dir.resolve("to"))).isEqualTo(-1);
        assertThat(banger.daemon.publish.Sha256.hex(digest)).isEqualTo(banger.daemon.publish.Sha256.of(from));
    }
}
