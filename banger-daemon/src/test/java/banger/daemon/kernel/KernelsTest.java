package banger.daemon.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.daemon.archive.CpioReader;
import banger.daemon.debian.DebianMirror;
import banger.daemon.process.Command;
import banger.daemon.process.HostCommandRunner;
import banger.daemon.publish.Recorded;
import banger.daemon.store.Database;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Everything but the fetching, with a kernel made here. */
class KernelsTest {
    @TempDir
    Path dir;

    private final List<String> vms = new ArrayList<>();
    private Database database;
    private Path guest;
    private Kernels kernels;

    @BeforeEach
    void open() throws IOException {
        database = Database.open(dir.resolve("banger.db"));
        guest = Files.writeString(dir.resolve("banger-guest"), "guest one");
        kernels = new Kernels(
                dir.resolve("kernels"),
                Files.createDirectory(dir.resolve("work")),
                guest,
                database,
                new HostCommandRunner(),
                DebianMirror.DEFAULT,
                digest -> vms);
    }

    @AfterEach
    void close() {
        database.close();
    }

    private Kernel imported() throws IOException {
        return kernels.importFrom("own", FakeKernel.directory(dir.resolve("from")), new Recorded());
    }

    @Test
    void anImportedKernelIsWhole() throws IOException {
        var kernel = imported();
        assertThat(kernel.release()).isEqualTo(FakeKernel.RELEASE);
        assertThat(kernel.vmlinux()).hasBinaryContent(FakeKernel.elf(5000));
        var initrd = CpioReader.read(Files.readAllBytes(kernel.initrd()));
        assertThat(initrd.get("init").text()).isEqualTo("guest one");
        assertThat(initrd.get("init").mode()).isEqualTo(0100755);
        assertThat(initrd.get("modules/load").text()).isEqualTo("v2 virtio.ko\nv2 virtio_blk.ko\nv4 virtio-rng.ko\n");
        var listing = debugfs(kernel.modules(), "ls -p /" + FakeKernel.RELEASE);
        assertThat(listing).contains("/100644/0/0/modules.dep/").doesNotContain("build");
        var check = new HostCommandRunner()
                .run(Command.of("e2fsck", "-fn", kernel.modules().toString()));
        assertThat(check.status()).as(check.out()).isZero();
        assertThat(kernels.ensure("own", new Recorded())).isEqualTo(kernel);
        assertThat(kernels.byDigest(kernel.digest())).isEqualTo(kernel);
        assertThat(kernels.list()).extracting(Kernel::name).containsExactly("own");
        assertThat(dir.resolve("work")).isEmptyDirectory();
    }

    @Test
    void theSameKernelHasTheSameDigestWhereverItCameFrom() throws IOException {
        var kernel = imported();
        var elsewhere = FakeKernel.directory(dir.resolve("elsewhere/deeper"));
        assertThat(kernels.importFrom("other", elsewhere, new Recorded()).digest())
                .isEqualTo(kernel.digest());
        kernels.remove("own");
        assertThat(kernels.ensure("other", new Recorded()).vmlinux()).isRegularFile();
        kernels.remove("other");
        assertThat(dir.resolve("kernels")).isEmptyDirectory();
    }

    @Test
    void aNewGuestProgramMakesANewInitrdAndNothingElse() throws IOException {
        var before = imported();
        Files.writeString(guest, "guest two");
        var after = kernels.ensure("own", new Recorded());
        assertThat(after.digest()).isEqualTo(before.digest());
        assertThat(CpioReader.read(Files.readAllBytes(after.initrd()))
                        .get("init")
                        .text())
                .isEqualTo("guest two");
        assertThat(before.initrd()).doesNotExist();
    }

    @Test
    void aDamagedInitrdIsMadeAgain() throws IOException {
        var kernel = imported();
        tamper(kernel.initrd());
        assertThat(CpioReader.read(
                        Files.readAllBytes(kernels.ensure("own", new Recorded()).initrd())))
                .containsKey("modules/load");
    }

    @Test
    void aFileThatChangedIsNoticed() throws IOException {
        tamper(imported().vmlinux());
        assertThatThrownBy(() -> kernels.ensure("own", new Recorded()))
                .isInstanceOfSatisfying(BangerException.class, e -> {
                    assertThat(e.code()).isEqualTo(ErrorCode.KERNEL_INVALID);
                    assertThat(e.fact()).contains("vmlinux");
                });
    }

    @Test
    void aDamagedKernelIsMendedByImportingItAgain() throws IOException {
        var kernel = imported();
        tamper(kernel.modules());
        var mended = kernels.importFrom("again", dir.resolve("from"), new Recorded());
        assertThat(mended.digest()).isEqualTo(kernel.digest());
        assertThat(kernels.ensure("own", new Recorded()).modules()).isRegularFile();
    }

    @Test
    void aManifestThatWasChangedIsNotBelieved() throws IOException {
        var kernel = imported();
        var manifest = dir.resolve("kernels").resolve(kernel.digest()).resolve("manifest.json");
        for (var text : List.of("", "null", "{}", "[1]", "{\"format\":1,\"release\":\"../..\"}", "x".repeat(100))) {
            Files.setPosixFilePermissions(manifest, PosixFilePermissions.fromString("rw-------"));
            Files.writeString(manifest, text);
            assertThatThrownBy(() -> kernels.ensure("own", new Recorded()))
                    .as(text)
                    .isInstanceOfSatisfying(
                            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.KERNEL_INVALID));
        }
    }

    @Test
    void aKernelThatIsUsedStays() throws IOException {
        var kernel = imported();
        vms.addAll(List.of("brave-otter", "old-toad"));
        assertThatThrownBy(() -> kernels.remove("own")).isInstanceOfSatisfying(BangerException.class, e -> {
            assertThat(e.code()).isEqualTo(ErrorCode.KERNEL_IN_USE);
            assertThat(e.fact()).contains("brave-otter, old-toad");
        });
        kernels.sweep();
        assertThat(kernel.vmlinux()).exists();
        vms.clear();
        kernels.remove("own");
        assertThatThrownBy(() -> kernels.show("own")).hasMessage("no kernel named own");
        assertThat(kernel.vmlinux()).doesNotExist();
    }

    @Test
    void withoutItsGuestProgramNothingIsPretended() throws IOException {
        Files.delete(guest);
        assertThatThrownBy(this::imported).hasMessageContaining("guest program");
    }

    @Test
    void whatIsNoKernelIsNotImported() throws IOException {
        var from = FakeKernel.directory(dir.resolve("from"));
        Files.writeString(from.resolve("vmlinux"), "#!/bin/sh");
        assertThatThrownBy(() -> kernels.importFrom("own", from, new Recorded()))
                .hasMessageContaining("neither an ELF kernel nor a bzImage");
        assertThatThrownBy(() -> kernels.importFrom("own", dir.resolve("nowhere"), new Recorded()))
                .hasMessageContaining("no modules");
        assertThat(dir.resolve("kernels")).isEmptyDirectory();
        assertThat(dir.resolve("work")).isEmptyDirectory();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a \"b\".ko", "a\nrm x.ko", "-f.ko", "$(x).ko"})
    void fileNamesThatAToolCouldMisreadAreRefused(String name) throws IOException {
        var from = FakeKernel.directory(dir.resolve("from"));
        Files.writeString(from.resolve("modules/" + FakeKernel.RELEASE).resolve(name), "x");
        assertThatThrownBy(() -> kernels.importFrom("own", from, new Recorded()))
                .isInstanceOf(BangerException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "../x", "a/b", "a..b", "-x", "a b", "a\nb", "é"})
    void hostileNamesAreRefused(String name) {
        assertThatThrownBy(() -> kernels.ensure(name, new Recorded()))
                .isInstanceOfSatisfying(
                        BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.USAGE));
        assertThatThrownBy(() -> kernels.show(name)).isInstanceOf(BangerException.class);
    }

    @Test
    void anUnknownNameSaysWhatThereIs() {
        assertThatThrownBy(() -> kernels.ensure("debian-clud", new Recorded()))
                .isInstanceOfSatisfying(
                        BangerException.class, e -> assertThat(e.remedies()).anyMatch(r -> r.contains("debian-cloud")));
    }

    private static void tamper(Path file) throws IOException {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        var bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 1;
        Files.write(file, bytes);
    }

    private static String debugfs(Path image, String command) {
        return new HostCommandRunner()
                .run(Command.of("debugfs", "-R", command, image.toString()))
                .out();
    }
}
