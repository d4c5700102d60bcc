package banger.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import banger.api.BangerException;
import banger.api.ErrorCode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DurableFilesTest {
    @TempDir
    Path dir;

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void aFileIsWrittenWithItsPermissionsAndDirectories() throws IOException {
        var file = dir.resolve("a/b/c");
        DurableFiles.write(file, bytes("one"), "rw-------");
        assertThat(file).hasContent("one");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file.getParent())))
                .isEqualTo("rwx------");
        DurableFiles.write(file, bytes("two"), "r--r--r--");
        assertThat(file).hasContent("two");
        try (var all = Files.list(file.getParent())) {
            assertThat(all).containsExactly(file);
        }
    }

    /** A process that ends writes how it did into the directory that goes. */
    @Test
    void aLastFileThatIsWrittenMeanwhileGoesToo() throws Exception {
        for (int round = 0; round < 20; round++) {
            var tree = Files.createDirectory(dir.resolve("tree"));
            var writer = Thread.ofPlatform().start(() -> {
                try {
                    for (int i = 0; i < 300; i++) Files.createFile(tree.resolve("last" + i));
                } catch (IOException e) {
                    return; // the directory is gone
                }
            });
            DurableFiles.removeTree(dir, tree);
            writer.join();
            assertThat(tree).doesNotExist();
        }
    }

    @Test
    void whatACrashLeftBehindIsInNobodysWay() throws IOException {
        var file = dir.resolve("f");
        DurableFiles.write(file, bytes("old"), "rw-------");
        // A crash before the rename: the old content stands beside half of the new one.
        Files.writeString(dir.resolve(".f.tmp"), "ne");
        assertThat(file).hasContent("old");
        DurableFiles.write(file, bytes("new"), "rw-------");
        assertThat(file).hasContent("new");
        assertThat(dir.resolve(".f.tmp")).doesNotExist();
        Files.writeString(dir.resolve(".f.tmp"), "ne");
        DurableFiles.remove(file);
        DurableFiles.remove(file);
        assertThat(dir).isEmptyDirectory();
    }

    @Test
    void oneThatIsCancelledLeavesNothing() throws Exception {
        var file = dir.resolve("f");
        DurableFiles.write(file, bytes("old"), "rw-------");
        var refused = new AtomicReference<Throwable>();
        Thread.ofPlatform()
                .start(() -> {
                    Thread.currentThread().interrupt();
                    refused.set(catchThrowable(() -> DurableFiles.write(file, bytes("new"), "rw-------")));
                })
                .join();
        assertThat(refused.get()).isInstanceOf(BangerException.class).hasMessageEndingWith("/f: cancelled");
        assertThat(file).hasContent("old");
        assertThat(dir.resolve(".f.tmp")).doesNotExist();
    }

    @Test
    void aReaderSeesOldOrNewAndNeverAHalf() throws Exception {
        var file = dir.resolve("f");
        var a = "a".repeat(70_000);
        var b = "b".repeat(90_000);
        DurableFiles.write(file, bytes(a), "rw-------");
        var over = new AtomicBoolean();
        var wrong = new AtomicReference<>("");
        var reader = Thread.ofPlatform().start(() -> {
            while (!over.get()) {
                try {
                    var text = Files.readString(file);
                    if (!text.equals(a) && !text.equals(b)) wrong.set("length " + text.length());
                } catch (IOException e) {
                    wrong.set(e.toString());
                }
            }
        });
        for (int i = 0; i < 30; i++) DurableFiles.write(file, bytes(i % 2 == 0 ? b : a), "rw-------");
        over.set(true);
        reader.join();
        assertThat(wrong).hasValue("");
    }

    @Test
    void aTreeIsRemovedWithoutFollowingLinksOutOfIt() throws IOException {
        var outside = Files.createDirectory(dir.resolve("outside"));
        Files.writeString(outside.resolve("kept"), "x");
        var tree = Files.createDirectories(dir.resolve("root/tree/deep")).getParent();
        Files.writeString(tree.resolve("deep/file"), "x");
        Files.createSymbolicLink(tree.resolve("link"), outside);
        Files.createSymbolicLink(tree.resolve("dangling"), dir.resolve("nowhere"));
        DurableFiles.removeTree(dir.resolve("root"), tree);
        assertThat(tree).doesNotExist();
        assertThat(outside.resolve("kept")).exists();
        DurableFiles.removeTree(dir.resolve("root"), tree);
    }

    @Test
    void aTreeThatIsALinkIsOnlyUnlinked() throws IOException {
        var outside = Files.createDirectory(dir.resolve("outside"));
        Files.writeString(outside.resolve("kept"), "x");
        Files.createDirectory(dir.resolve("root"));
        Files.createSymbolicLink(dir.resolve("root/tree"), outside);
        DurableFiles.removeTree(dir.resolve("root"), dir.resolve("root/tree"));
        assertThat(outside.resolve("kept")).exists();
        assertThat(Files.isSymbolicLink(dir.resolve("root/tree"))).isFalse();
    }

    @Test
    void outsideItsRootNothingIsRemoved() throws IOException {
        var root = Files.createDirectory(dir.resolve("root"));
        Files.createDirectory(dir.resolve("rootless"));
        for (var tree : new Path[] {
            root,
            dir,
            dir.resolve("rootless"),
            root.resolve(".."),
            root.resolve("../rootless"),
            root.resolve("x/.."),
            Path.of("/")
        }) assertThatThrownBy(() -> DurableFiles.removeTree(root, tree)).isInstanceOf(IllegalArgumentException.class);
        assertThat(dir.resolve("rootless")).exists();
    }

    @Test
    void aFullDiskIsToldAsOne() {
        assertThat(DurableFiles.failure(dir, new IOException("No space left on device"))
                        .code())
                .isEqualTo(ErrorCode.HOST_DISK_FULL);
        assertThat(DurableFiles.failure(dir, new IOException("x")).code()).isEqualTo(ErrorCode.INTERNAL);
        assertThatThrownBy(() -> DurableFiles.write(Path.of("/proc/nothing/x"), new byte[0], "rw-------"))
                .isInstanceOf(BangerException.class);
    }
}
