package banger.daemon.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.daemon.disk.DiskChain.Format;
import banger.daemon.disk.DiskChain.Layer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DiskChainsTest {
    private static final String A = "0123456789abcdef0123456789abcdef";
    private static final String B = "fedcba9876543210fedcba9876543210";

    @TempDir
    Path directory;

    private static DiskChain qcow2(String active, Layer... layers) {
        return new DiskChain(active, Format.QCOW2, 1 << 26, List.of(layers));
    }

    private static Layer layer(String id, Format format) {
        return new Layer(id, format);
    }

    @Test
    void withoutAFileTheyAreRawAndAsLongAsTheyAre() throws IOException {
        Files.write(directory.resolve("vdb"), new byte[4096]);
        var disks = DiskChains.read(directory);
        assertThat(disks.overlay()).isEqualTo(DiskChain.raw("vdb", 4096));
        assertThat(disks.work()).isEqualTo(DiskChain.raw("vdc", 0));
        assertThat(disks.layered()).isFalse();
        assertThat(disks.depth()).isEqualTo(1);
        assertThat(disks.strange("vdb")).isFalse();
        assertThat(disks.strange("vdb.01234567")).isTrue();
        assertThat(disks.strange("layer." + A)).isTrue();
        for (var other : List.of("vda", "vdb.new", "console.log", "saved", "disks"))
            assertThat(disks.strange(other)).isFalse();
    }

    @Test
    void theyAreWhatWasWrittenUntilThatIsForgotten() throws IOException {
        var disks = new DiskChains(
                qcow2("vdb.01234567", layer(A, Format.QCOW2), layer(B, Format.RAW)),
                qcow2("vdc.89abcdef", layer(B, Format.QCOW2)));
        disks.write(directory);
        assertThat(directory.resolve("disks"))
                .hasContent("banger disks 1\n"
                        + "vdb vdb.01234567 qcow2 67108864 " + A + ".qcow2 " + B + ".raw\n"
                        + "vdc vdc.89abcdef qcow2 67108864 " + B + ".qcow2\n");
        assertThat(DiskChains.read(directory)).isEqualTo(disks);
        assertThat(disks.layered()).isTrue();
        assertThat(disks.depth()).isEqualTo(3);
        assertThat(disks.strange("vdb")).isTrue();
        assertThat(disks.strange("vdb.01234567")).isFalse();
        assertThat(disks.strange("layer." + A)).isFalse();
        DiskChains.forget(directory);
        DiskChains.forget(directory);
        assertThat(DiskChains.read(directory).layered()).isFalse();
    }

    @Test
    void oneOfTheMostLayersCanBeReadAgain() throws IOException {
        var layers = IntStream.range(0, DiskChain.MOST_LAYERS)
                .mapToObj(i -> layer(String.format("%032x", i), Format.QCOW2))
                .toArray(Layer[]::new);
        var disks = new DiskChains(qcow2("vdb.01234567", layers), qcow2("vdc.01234567", layers));
        disks.write(directory);
        assertThat(DiskChains.read(directory)).isEqualTo(disks);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "banger disks 2\nvdb vdb raw 1\nvdc vdc raw 1\n",
                "banger disks 1\nvdb vdb raw 1\n",
                "banger disks 1\nvdc vdc raw 1\nvdb vdb raw 1\n",
                "banger disks 1\nvdb vdc raw 1\nvdc vdc raw 1\n",
                "banger disks 1\nvdb ../vdb raw 1\nvdc vdc raw 1\n",
                "banger disks 1\nvdb vdb.0123456 qcow2 1\nvdc vdc raw 1\n",
                "banger disks 1\nvdb vdb raw x\nvdc vdc raw 1\n",
                "banger disks 1\nvdb vdb vmdk 1\nvdc vdc raw 1\n",
                "banger disks 1\nvdb vdb raw 1 " + A + ".raw\nvdc vdc raw 1\n",
                "banger disks 1\nvdb vdb qcow2 1 " + A + "\nvdc vdc raw 1\n",
                "banger disks 1\nvdb vdb qcow2 1 ../../x.raw\nvdc vdc raw 1\n",
                "banger disks 1\nvdb vdb qcow2 1 " + A + ".raw " + B + ".qcow2\nvdc vdc raw 1\n",
                "banger disks 1\nvdb vdb qcow2 1 " + A + ".qcow2 " + A + ".qcow2\nvdc vdc raw 1\n",
            })
    void whatNobodyOfUsWroteIsRefused(String text) throws IOException {
        Files.writeString(directory.resolve("disks"), text);
        assertThatThrownBy(() -> DiskChains.read(directory)).isInstanceOf(IOException.class);
    }

    @Test
    void aLinkOrAFloodIsRefused() throws IOException {
        var file = directory.resolve("disks");
        Files.createSymbolicLink(file, Files.writeString(directory.resolve("x"), "secret"));
        assertThatThrownBy(() -> DiskChains.read(directory))
                .isInstanceOf(IOException.class)
                .hasMessageNotContaining("secret");
        Files.delete(file);
        Files.writeString(file, "banger disks 1\n" + "x".repeat(1 << 16));
        assertThatThrownBy(() -> DiskChains.read(directory)).isInstanceOf(IOException.class);
        Files.delete(file);
        Files.createDirectory(file);
        assertThatThrownBy(() -> DiskChains.read(directory)).isInstanceOf(IOException.class);
    }

    @Test
    void noMoreLayersThanThereMayBe() {
        var layers = IntStream.rangeClosed(0, DiskChain.MOST_LAYERS)
                .mapToObj(i -> layer(String.format("%032x", i), Format.QCOW2))
                .toArray(Layer[]::new);
        assertThatThrownBy(() -> qcow2("vdb.01234567", layers)).isInstanceOf(IllegalArgumentException.class);
    }
}
