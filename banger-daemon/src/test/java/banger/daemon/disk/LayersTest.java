package banger.daemon.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.daemon.Owner;
import banger.daemon.disk.DiskChain.Format;
import banger.daemon.disk.DiskChain.Layer;
import banger.daemon.publish.OwnerSeal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LayersTest {
    @TempDir
    Path home;

    private final List<Path> namers = new ArrayList<>();
    private Layers layers;

    @BeforeEach
    void make() {
        layers = new Layers(home.resolve("layers"), Owner.current(), new OwnerSeal(home.resolve("key")), () -> namers);
    }

    private Path disk(String content) throws IOException {
        return Files.writeString(home.resolve("vdb"), content);
    }

    private Layer layer(String content) throws IOException {
        var layer = layers.add(disk(content), Format.RAW);
        Files.delete(home.resolve("vdb"));
        return layer;
    }

    /** As somebody who has the right to does it. */
    private void write(Layer layer, String content) throws IOException {
        Files.setPosixFilePermissions(layers.file(layer), PosixFilePermissions.fromString("rw-------"));
        Files.writeString(layers.file(layer), content, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING);
    }

    @Test
    void itIsTheVerySameFileUntilItIsClosed() throws IOException {
        var layer = layers.add(disk("content"), Format.RAW);
        assertThat(layers.closed(layer)).isFalse();
        assertThat(Files.isSameFile(layers.file(layer), home.resolve("vdb"))).isTrue();
        assertThat(layers.file(layer)).hasFileName("disk.raw");
        layers.close(layer);
        assertThat(layers.closed(layer)).isTrue();
        assertThat(Files.getPosixFilePermissions(layers.file(layer)))
                .noneMatch(p -> p.name().endsWith("WRITE"));
        assertThat(PosixFilePermissions.toString(
                        Files.getPosixFilePermissions(layers.file(layer).getParent())))
                .isEqualTo("rwx------");
    }

    /** A VMM may put a link in the place of its disk. */
    @Test
    void aLinkToAFileOfSomebodyElseIsNone() throws IOException {
        var secret = Files.writeString(home.resolve("secret"), "secret");
        var link = Files.createSymbolicLink(home.resolve("vdb"), secret);
        assertThatThrownBy(() -> layers.add(link, Format.RAW)).isInstanceOf(IOException.class);
        assertThat(home.resolve("layers")).isEmptyDirectory();
        assertThat(secret).hasContent("secret");
    }

    @Test
    void takenBackItIsTheDiskAlone() throws IOException {
        var layer = layers.add(disk("content"), Format.QCOW2);
        layers.drop(layer);
        assertThat(home.resolve("vdb")).hasContent("content");
        assertThat(home.resolve("layers")).isEmptyDirectory();
    }

    @Test
    void onceDigestedItMustStayWhatItWas() throws IOException {
        var one = layer("one");
        var two = layer("two");
        assertThat(layers.seal(List.of(one))).isPositive();
        assertThat(layers.seal(List.of(one))).isZero();
        assertThat(layers.seal(List.of(two, one))).isPositive();
        assertThat(layers.damage(List.of(one, two))).isEmpty();
        write(two, "tw");
        assertThat(layers.damage(List.of(one, two))).isEqualTo("layer " + two.text() + ": disk.raw changed");
        write(two, "TWO");
        assertThat(layers.damage(List.of(one, two))).isEqualTo("layer " + two.text() + ": disk.raw changed");
        assertThatThrownBy(() -> layers.seal(List.of(one, two))).isInstanceOf(IOException.class);
        // Touched, not changed: that is looked at once.
        write(two, "two");
        var manifest = layers.file(two).resolveSibling("manifest.json");
        var before = Files.readString(manifest);
        assertThat(layers.damage(List.of(one, two))).isEmpty();
        assertThat(Files.readString(manifest)).isNotEqualTo(before);
        var after = Files.readAttributes(manifest, "unix:ino");
        assertThat(layers.damage(List.of(one, two))).isEmpty();
        assertThat(Files.readAttributes(manifest, "unix:ino")).isEqualTo(after);
        Files.delete(layers.file(two));
        assertThat(layers.damage(List.of(one, two))).isEqualTo("layer " + two.text() + " is gone");
    }

    @Test
    void anotherLayersSealIsNone() throws IOException {
        var one = layer("one");
        var two = layer("two");
        layers.seal(List.of(one, two));
        for (var name : List.of("disk.raw", "manifest.json", "manifest.seal")) {
            var file = layers.file(two).resolveSibling(name);
            Files.delete(file);
            Files.copy(layers.file(one).resolveSibling(name), file);
        }
        assertThat(layers.damage(List.of(two))).contains("manifest.json is not the one that was written");
        assertThatThrownBy(() -> layers.seal(List.of(two))).isInstanceOf(IOException.class);
    }

    @Test
    void theyGoWhenNoFileNamesThem() throws IOException {
        var one = layer("one");
        var two = layer("two");
        namers.add(Files.writeString(home.resolve("disks"), "vdb " + one.text() + "\n"));
        namers.add(Files.writeString(home.resolve("damaged"), "{\"" + two.id() + "!"));
        namers.add(home.resolve("gone"));
        layers.sweep();
        assertThat(layers.file(one)).exists();
        assertThat(layers.file(two)).exists();
        Files.delete(home.resolve("damaged"));
        layers.sweep();
        assertThat(layers.file(one)).exists();
        assertThat(layers.file(two).getParent()).doesNotExist();
        // What cannot be read may name any of them.
        namers.add(home);
        Files.delete(home.resolve("disks"));
        layers.sweep();
        assertThat(layers.file(one)).exists();
    }

    @Test
    void whileSomebodyHoldsThemTheyStay() throws IOException {
        layers.sweep();
        var hold = layers.hold();
        var other = layers.hold();
        var one = layer("one");
        layers.sweep();
        hold.close();
        assertThat(layers.file(one)).exists();
        other.close();
        assertThat(layers.file(one).getParent()).doesNotExist();
    }
}
