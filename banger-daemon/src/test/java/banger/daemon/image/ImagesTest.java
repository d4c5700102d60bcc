package banger.daemon.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.daemon.debian.DebianMirror;
import banger.daemon.process.Command;
import banger.daemon.process.HostCommandRunner;
import banger.daemon.publish.Recorded;
import banger.daemon.store.Database;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Everything but the building. */
class ImagesTest {
    @TempDir
    Path dir;

    private final List<String> vms = new ArrayList<>();
    private final Recorded progress = new Recorded();
    private Database database;
    private Images images;

    @BeforeEach
    void open() throws IOException {
        database = Database.open(dir.resolve("banger.db"));
        images = new Images(
                dir.resolve("images"),
                dir.resolve("cache"),
                Files.createDirectory(dir.resolve("work")),
                database,
                new HostCommandRunner(),
                DebianMirror.DEFAULT,
                Catalog.builtin(),
                digest -> vms);
    }

    @AfterEach
    void close() {
        database.close();
    }

    /** An ext4 file with one file in it. */
    private Path rootfs(String name, String content, String... options) throws IOException {
        var tree = Files.createDirectories(dir.resolve("tree-" + name));
        Files.writeString(tree.resolve("hello"), content);
        var file = dir.resolve(name);
        var command = new ArrayList<>(List.of("mke2fs", "-q", "-F", "-t", "ext4", "-d", tree.toString()));
        command.addAll(List.of(options));
        command.addAll(List.of(file.toString(), "16M"));
        var result = new HostCommandRunner().run(Command.of(command));
        assertThat(result.ok()).as(result.err()).isTrue();
        return file;
    }

    @Test
    void aRegisteredFileIsUsedWhereItIs() throws IOException {
        var file = rootfs("a.ext4", "1");
        var image = images.register("mine", file, progress);
        assertThat(image.managed()).isFalse();
        assertThat(image.path()).isEqualTo(file);
        assertThat(image.filesystem()).isEqualTo("ext4");
        assertThat(image.size()).isEqualTo(16 << 20);
        assertThat(images.ensure("mine", progress)).isEqualTo(image);
        assertThat(images.byDigest(image.digest())).isEqualTo(image);
        images.delete("mine");
        assertThat(file).exists();
        assertThat(images.list()).isEmpty();
    }

    @Test
    void aRegisteredFileThatChangedIsRefusedUntilItIsRegisteredAgain() throws IOException {
        var file = rootfs("a.ext4", "1");
        var before = images.register("mine", file, progress);
        rootfs("a.ext4", "2");
        assertChanged(() -> images.ensure("mine", progress));
        assertChanged(() -> images.byDigest(before.digest()));
        var after = images.register("mine", file, progress);
        assertThat(after.digest()).isNotEqualTo(before.digest());
        assertThat(images.ensure("mine", progress)).isEqualTo(after);
        Files.delete(file);
        assertThatThrownBy(() -> images.ensure("mine", progress)).hasMessageContaining("no longer there");
    }

    private static void assertChanged(Runnable use) {
        assertThatThrownBy(use::run)
                .isInstanceOfSatisfying(
                        BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.IMAGE_CHANGED));
    }

    @Test
    void aPromotedImageNeedsTheFileNoMore() throws IOException {
        var file = rootfs("a.ext4", "1");
        var before = images.register("mine", file, progress);
        var image = images.promote("mine", progress);
        Files.delete(file);
        assertThat(image.managed()).isTrue();
        assertThat(image.digest()).isEqualTo(before.digest());
        assertThat(images.ensure("mine", progress)).isEqualTo(image);
        assertThat(image.path())
                .isEqualTo(dir.resolve("images").resolve(image.digest()).resolve("rootfs.ext4"));
        assertThat(allocated(image.path())).isLessThan(8 << 20);
        assertThat(images.promote("mine", progress)).isEqualTo(image);
        images.delete("mine");
        assertThat(dir.resolve("images")).isEmptyDirectory();
    }

    @Test
    void theDeepCheckNamesWhatIsNotWhatItWas() throws IOException {
        images.register("good", rootfs("a.ext4", "1"), progress);
        var bad = images.register("bad", rootfs("b.ext4", "2"), progress);
        assertThat(images.deepCheck()).isEmpty();
        try (var raw = new RandomAccessFile(bad.path().toFile(), "rw")) {
            raw.seek(8 << 20);
            raw.write(1);
        }
        assertThat(images.deepCheck()).containsExactly("bad");
    }

    @Test
    void anImageThatIsUsedStays() throws IOException {
        var image = images.promote(
                images.register("mine", rootfs("a.ext4", "1"), progress).name(), progress);
        vms.add("brave-otter");
        assertThatThrownBy(() -> images.delete("mine")).isInstanceOfSatisfying(BangerException.class, e -> {
            assertThat(e.code()).isEqualTo(ErrorCode.IMAGE_IN_USE);
            assertThat(e.fact()).contains("brave-otter");
            assertThat(e.remedies()).containsExactly("banger vm delete brave-otter");
        });
        images.sweep();
        assertThat(image.path()).exists();
    }

    @Test
    void theNameOfAManagedImageIsNotTakenOver() throws IOException {
        var file = rootfs("a.ext4", "1");
        images.register("mine", file, progress);
        images.promote("mine", progress);
        assertThatThrownBy(() -> images.register("mine", file, progress))
                .isInstanceOfSatisfying(
                        BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.IMAGE_EXISTS));
    }

    @Test
    void whatNoGuestCouldMountIsNotRegistered() throws IOException {
        var file = rootfs("a.ext4", "1");
        assertRefused(Files.writeString(dir.resolve("text"), "hello"), "not an ext4");
        assertRefused(dir.resolve("nothing"), "no such file");
        assertRefused(dir, "not a regular file");
        assertRefused(Files.createSymbolicLink(dir.resolve("link"), file), "not a regular file");
        assertRefused(Path.of("/dev/zero"), "not a regular file");
        assertThatThrownBy(() -> images.register("x", Path.of("a.ext4"), progress))
                .hasMessageContaining("not an absolute path");
        var short_ = Files.copy(file, dir.resolve("short"));
        try (var cut = new RandomAccessFile(short_.toFile(), "rw")) {
            cut.setLength(8 << 20);
        }
        assertRefused(short_, "cut off");
    }

    @Test
    void aJournalThatNeedsRecoveryIsRefusedWithTheCommandThatHelps() throws IOException {
        var file = rootfs("a.ext4", "1");
        // What a kernel sets when it mounts read-write and takes back when it unmounts.
        var set = new HostCommandRunner()
                .run(Command.of("debugfs", "-w", "-R", "feature needs_recovery", file.toString()));
        assertThat(set.ok()).isTrue();
        assertThatThrownBy(() -> images.register("x", file, progress))
                .isInstanceOfSatisfying(BangerException.class, e -> {
                    assertThat(e.fact()).contains("recovery");
                    assertThat(e.remedies()).containsExactly("e2fsck -f " + file);
                });
    }

    @Test
    void featuresThatGuestsDoNotKnowAreRefused() throws IOException {
        var file = rootfs("a.ext4", "1");
        try (var raw = new RandomAccessFile(file.toFile(), "rw")) {
            raw.seek(1024 + 96 + 3);
            raw.write(0x40);
        }
        assertRefused(file, "features");
    }

    private void assertRefused(Path file, String why) {
        assertThatThrownBy(() -> images.register("x", file, progress))
                .isInstanceOfSatisfying(BangerException.class, e -> {
                    assertThat(e.code()).isEqualTo(ErrorCode.IMAGE_INVALID);
                    assertThat(e.fact()).contains(why);
                });
        assertThat(images.list()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "../x", "a/b", "a..b", "-x", "a b", "a\nb", "é"})
    void hostileNamesAreRefused(String name) {
        assertThatThrownBy(() -> images.ensure(name, progress))
                .isInstanceOfSatisfying(
                        BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.USAGE));
    }

    @Test
    void anUnknownNameSaysWhatThereIs() {
        assertThatThrownBy(() -> images.ensure("debian-bookwurm", progress))
                .isInstanceOfSatisfying(BangerException.class, e -> {
                    assertThat(e.code()).isEqualTo(ErrorCode.IMAGE_NOT_FOUND);
                    assertThat(e.remedies()).anyMatch(r -> r.contains("debian-bookworm, debian-minimal"));
                });
    }

    private static long allocated(Path file) {
        return 512
                * Long.parseLong(new HostCommandRunner()
                        .run(Command.of("stat", "-c", "%b", file.toString()))
                        .out()
                        .strip());
    }
}
