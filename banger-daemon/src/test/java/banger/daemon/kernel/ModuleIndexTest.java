package banger.daemon.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.BangerException;
import banger.daemon.archive.CpioReader;
import com.github.luben.zstd.Zstd;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

class ModuleIndexTest {
    private static final List<String> DEP = List.of(
            "kernel/virtio.ko.xz:",
            "kernel/virtio_ring.ko.zst: kernel/virtio.ko.xz",
            "kernel/virtio-rng.ko.gz: kernel/virtio_ring.ko.zst kernel/virtio.ko.xz",
            "kernel/blk.ko: kernel/virtio_ring.ko.zst kernel/virtio.ko.xz",
            "kernel/overlay.ko:");
    private static final List<String> BUILTIN = List.of("kernel/ext4.ko", "kernel/virtio_pci.ko");
    private static final List<String> ALIAS =
            List.of("# comment", "alias virtio:d00000002v* blk", "alias virtio:d00000004v* virtio_rng");

    private final ModuleIndex index = ModuleIndex.parse(DEP, BUILTIN, ALIAS);

    @Test
    void dependenciesAreLoadedFirstInTheOrderOfModulesDep() {
        assertThat(index.loadOrder("kernel/virtio-rng.ko.gz"))
                .containsExactly("kernel/virtio.ko.xz", "kernel/virtio_ring.ko.zst", "kernel/virtio-rng.ko.gz");
        assertThat(index.file("virtio_rng")).contains("kernel/virtio-rng.ko.gz");
        assertThat(index.isBuiltin("ext4")).isTrue();
    }

    @Test
    void aDeviceIsDrivenByWhateverHasItsAlias() {
        var block = ModuleGroup.ALL.stream()
                .filter(g -> g.name().equals("v2"))
                .findFirst()
                .orElseThrow();
        assertThat(block.files(index)).containsExactly("kernel/blk.ko");
        var root = ModuleGroup.ALL.getLast();
        assertThat(root.files(index)).containsExactly("kernel/overlay.ko");
    }

    @Test
    void pathsThatLeaveTheDirectoryAreRefused() {
        for (var dep : List.of("../../etc/passwd:", "/etc/passwd:", "a.ko: ../x.ko", "a b.ko:", "a\"b.ko:"))
            assertThatThrownBy(() -> ModuleIndex.parse(List.of(dep), List.of(), List.of()))
                    .as(dep)
                    .isInstanceOf(BangerException.class);
    }

    @Test
    void theArchiveHasWhatTheLoadFileNamesUncompressed(@TempDir Path dir) throws IOException {
        Files.createDirectories(dir.resolve("kernel"));
        var content = "module".repeat(1000).getBytes();
        var gz = new ByteArrayOutputStream();
        try (var out = new GZIPOutputStream(gz)) {
            out.write(content);
        }
        var xz = new ByteArrayOutputStream();
        try (var out = new XZOutputStream(xz, new LZMA2Options())) {
            out.write(content);
        }
        Files.write(dir.resolve("kernel/virtio.ko.xz"), xz.toByteArray());
        Files.write(dir.resolve("kernel/virtio_ring.ko.zst"), Zstd.compress(content));
        Files.write(dir.resolve("kernel/virtio-rng.ko.gz"), gz.toByteArray());
        Files.write(dir.resolve("kernel/blk.ko"), content);
        Files.write(dir.resolve("kernel/overlay.ko"), content);

        EarlyModules.write(dir, index, dir.resolve("archive"));
        var members = CpioReader.read(Files.readAllBytes(dir.resolve("archive")));
        assertThat(members.keySet())
                .containsExactly(
                        "modules",
                        "modules/load",
                        "modules/virtio.ko",
                        "modules/virtio_ring.ko",
                        "modules/blk.ko",
                        "modules/virtio-rng.ko",
                        "modules/overlay.ko");
        assertThat(members.get("modules/load").text()).isEqualTo("""
                        v2 virtio.ko
                        v2 virtio_ring.ko
                        v2 blk.ko
                        v4 virtio.ko
                        v4 virtio_ring.ko
                        v4 virtio-rng.ko
                        root overlay.ko
                        """);
        for (var name : List.of("virtio.ko", "virtio_ring.ko", "virtio-rng.ko", "blk.ko"))
            assertThat(members.get("modules/" + name).content()).isEqualTo(content);
    }

    @Test
    void aKernelWithoutBlockDevicesIsRefused(@TempDir Path dir) {
        var none = ModuleIndex.parse(List.of(), List.of(), List.of());
        assertThatThrownBy(() -> EarlyModules.write(dir, none, dir.resolve("archive")))
                .hasMessageContaining("virtio_blk");
    }
}
