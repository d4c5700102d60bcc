package banger.daemon.whole;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import banger.api.ErrorCode;
import banger.api.model.SetVm;
import banger.api.model.SnapshotInfo;
import banger.api.model.VmInfo;
import banger.daemon.Owner;
import banger.daemon.disk.DiskChain;
import banger.daemon.disk.DiskChain.Format;
import banger.daemon.disk.DiskChain.Layer;
import banger.daemon.disk.DiskChains;
import banger.daemon.disk.EmptyQcow2;
import banger.daemon.disk.Layers;
import banger.daemon.disk.Reflinks;
import banger.daemon.engine.FakeDisks.Stacking;
import banger.daemon.publish.OwnerSeal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Disks that are layers, through the real API, with made-up machines. */
class LayeredDisksTest extends WholeDaemon {
    @BeforeEach
    void layers() throws IOException {
        assumeFalse(Reflinks.in(home), "copies share what they have in common here: there are no layers");
        engine.layers();
    }

    /** Before that, the VMs are deleted. */
    @AfterEach
    void nobodyNeedsALayer() throws IOException {
        for (var vm : list()) delete(vm.name());
        assertThat(layerIds()).isEmpty();
    }

    private void remove(int number) {
        daemon.client().operation("DELETE", "/v1/vms/box/snapshots/" + number, SnapshotInfo.class, e -> {});
    }

    private Path directory(String vm) {
        return daemon.layout().vms().resolve(show(vm).id());
    }

    private DiskChains disks(String vm) throws IOException {
        return DiskChains.read(directory(vm));
    }

    private List<String> layerIds() throws IOException {
        if (Files.notExists(daemon.layout().layers())) return List.of();
        try (var files = Files.list(daemon.layout().layers())) {
            return files.map(f -> String.valueOf(f.getFileName())).toList();
        }
    }

    private Path file(Layer layer) {
        return daemon.layout()
                .layers()
                .resolve(layer.id())
                .resolve("disk." + layer.format().word());
    }

    /** As its VMM does. */
    private void write(String vm, String text) throws IOException {
        for (var chain : disks(vm).both())
            Files.writeString(directory(vm).resolve(chain.active()), text, StandardOpenOption.APPEND);
    }

    /** The files of its disks that are in its directory. */
    private List<String> own(String vm) throws IOException {
        try (var files = Files.list(directory(vm))) {
            return files.map(f -> String.valueOf(f.getFileName()))
                    .filter(n -> n.matches("vd[bc].*|disks|layer\\..*"))
                    .sorted()
                    .toList();
        }
    }

    private void isOn(String vm, DiskChains disks) throws IOException {
        assertThat(disks(vm)).isEqualTo(disks);
        assertThat(own(vm))
                .containsExactlyInAnyOrder(
                        "disks", disks.overlay().active(), disks.work().active());
        assertThat(disks.layers()).allSatisfy(l -> assertThat(file(l)).exists());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aVmThatRunsGoesOnInNewFilesAndNothingIsCopied(boolean memory) throws IOException {
        boot("box");
        write("box", "before");
        var snapshot = snapshot("asked", memory);
        assertThat(snapshot.memory()).isEqualTo(memory);
        var disks = disks("box");
        isOn("box", disks);
        assertThat(disks.depth()).isEqualTo(2);
        assertThat(guest("box").disks().chains()).contains(disks);
        assertThat(show("box").state()).isEqualTo("running");
        assertThat(show("box").disks()).isEqualTo("layers (qcow2, depth 2): only QEMU runs it");
        for (var chain : disks.both()) {
            var layer = chain.layers().getFirst();
            assertThat(layer.format()).isEqualTo(Format.RAW);
            assertThat(Files.getPosixFilePermissions(file(layer)))
                    .noneMatch(p -> p.name().endsWith("WRITE"));
            assertThat(Files.getAttribute(file(layer), "unix:nlink")).isEqualTo(1);
            assertThat(EmptyQcow2.is(directory("box").resolve(chain.active()), chain.size()))
                    .isTrue();
        }
        assertThat(daemon.layout()
                        .snapshots()
                        .resolve(show("box").id())
                        .resolve("" + snapshot.number())
                        .resolve("vdb"))
                .doesNotExist();
        // And once more, now of such files.
        write("box", "after");
        snapshot("asked", memory);
        var deeper = disks("box");
        isOn("box", deeper);
        for (int i = 0; i < 2; i++) {
            var chain = deeper.both().get(i);
            assertThat(chain.layers().getFirst().format()).isEqualTo(Format.QCOW2);
            assertThat(chain.layers().subList(1, chain.layers().size()))
                    .isEqualTo(disks.both().get(i).layers());
        }
        exec("cat").close();
    }

    @Test
    void aVmThatDoesNotRunIsKeptAsItIsAndWhatDidNotChangeOnce() throws IOException {
        boot("box");
        stop("box");
        assertThat(snapshot("asked", false).bytes()).isPositive();
        var disks = disks("box");
        isOn("box", disks);
        assertThat(snapshot("asked", false).bytes()).isZero();
        assertThat(disks("box")).isEqualTo(disks);
        start("box");
        assertThat(guest("box").disks().chains()).contains(disks);
        write("box", "more");
        stop("box");
        snapshot("asked", false);
        assertThat(disks("box").depth()).isEqualTo(3);
    }

    /** They hold nothing, and a template's may take their place. */
    @Test
    void disksThatNoGuestHasSeenAreCopied() throws IOException {
        create(request("box", false, false));
        snapshot("asked", false);
        assertThat(own("box")).containsExactly("vdb", "vdc");
        assertThat(show("box").disks()).isEmpty();
        boot("other");
        start("box");
        snapshot("asked", false);
        var deep = disks("box");
        assertThat(deep.layered()).isTrue();
        // And back to what was copied: raw files again.
        restore(1);
        assertThat(own("box")).containsExactly("vdb", "vdc");
        assertThat(guest("box").disks().chains()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void putBackItIsOnWhatTheSnapshotIsOn(boolean memory) throws IOException {
        boot("box");
        write("box", "one");
        int number = snapshot("asked", memory).number();
        var then = disks("box");
        write("box", "two");
        snapshot("asked", false);
        write("box", "three");
        restore(number);
        var now = disks("box");
        isOn("box", now);
        for (int i = 0; i < 2; i++) {
            assertThat(now.both().get(i).layers()).isEqualTo(then.both().get(i).layers());
            assertThat(now.both().get(i).active())
                    .isNotEqualTo(then.both().get(i).active());
            assertThat(EmptyQcow2.is(
                            directory("box").resolve(now.both().get(i).active()),
                            now.both().get(i).size()))
                    .isTrue();
        }
        assertThat(guest("box").disks().chains()).contains(now);
        assertThat(show("box").state()).isEqualTo("running");
    }

    @Test
    void aSnapshotThatGoesTakesWithItWhatNobodyElseIsOn() throws IOException {
        boot("box");
        int first = snapshot("asked", false).number();
        var then = layerIds();
        write("box", "two");
        int second = snapshot("asked", false).number();
        restore(first);
        // The second's, and that of what it was before.
        assertThat(layerIds()).hasSize(6).containsAll(then);
        for (var s : daemon.client().list("/v1/vms/box/snapshots", SnapshotInfo.class))
            if (s.number() > first) remove(s.number());
        assertThat(second).isGreaterThan(first);
        assertThat(layerIds()).containsExactlyInAnyOrderElementsOf(then);
        remove(first);
        // It is on them itself.
        assertThat(layerIds()).containsExactlyInAnyOrderElementsOf(then);
    }

    @Test
    void copiesAreOnTheSameAndOutliveWhatTheyCameFrom() throws IOException {
        boot("box");
        write("box", "of the parent");
        for (var copy : fork(3)) {
            var disks = disks(copy.name());
            isOn(copy.name(), disks);
            assertThat(guest(copy.name()).disks().chains()).contains(disks);
            assertThat(disks.layers().toList()).isEqualTo(disks("box").layers().toList());
        }
        assertThat(layerIds()).hasSize(2);
        delete("box");
        assertThat(layerIds()).hasSize(2);
        stop("copy-1");
        start("copy-1");
        for (var name : List.of("copy-1", "copy-2", "copy-3")) delete(name);
        assertThat(layerIds()).isEmpty();
    }

    @Test
    void copiesOfAStoppedVmToo() throws IOException {
        boot("box");
        stop("box");
        fork(2);
        isOn("copy-1", disks("copy-1"));
        assertThat(layerIds()).hasSize(2);
        start("box");
        assertThat(guest("box").disks().chains()).contains(disks("box"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"cut", "swapped", "gone"})
    void aLayerThatIsNotWhatItWasIsRefused(String how) throws IOException {
        boot("box");
        int number = snapshot("asked", false).number();
        var layer = disks("box").work().layers().getFirst();
        Files.setPosixFilePermissions(file(layer), PosixFilePermissions.fromString("rw-------"));
        switch (how) {
            case "cut" -> {
                try (var channel = Files.newByteChannel(file(layer), StandardOpenOption.WRITE)) {
                    channel.truncate(channel.size() / 2);
                }
            }
            case "swapped" -> Files.write(file(layer), new byte[] {1, 2, 3}, StandardOpenOption.WRITE);
            default -> Files.delete(file(layer));
        }
        fails(() -> restore(number), ErrorCode.SNAPSHOT_DAMAGED, "snapshot 1 is damaged (layer " + layer.text());
        fails(() -> snapshot("asked", false), ErrorCode.SNAPSHOT_DAMAGED, "a disk that it is on is damaged (layer ");
        fails(() -> fork(1), ErrorCode.SNAPSHOT_DAMAGED, "a disk that it is on is damaged (layer ");
        // Nothing was begun that would have to be put on it.
        assertThat(disks("box").depth()).isEqualTo(2);
        assertThat(list()).extracting(VmInfo::name).containsExactly("box");
        assertThat(show("box").state()).isEqualTo("running");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aMachineThatRefusesGoesOnInItsOldFiles(boolean memory) throws IOException {
        boot("box");
        guest("box").disks().stacks(Stacking.REFUSED);
        fails(
                () -> snapshot("asked", memory),
                ErrorCode.VM_SAVE_FAILED,
                "vm box: could not begin new files for its disks: QEMU");
        assertThat(own("box")).containsExactly("vdb", "vdc");
        assertThat(PosixFilePermissions.toString(
                        Files.getPosixFilePermissions(directory("box").resolve("vdb"))))
                .isEqualTo("rw-------");
        assertThat(layerIds()).isEmpty();
        assertThat(show("box").state()).isEqualTo("running");
        exec("cat").close();
        guest("box").disks().stacks(Stacking.DONE);
        snapshot("asked", memory);
        var disks = disks("box");
        guest("box").disks().stacks(Stacking.REFUSED);
        fails(
                () -> snapshot("asked", memory),
                ErrorCode.VM_SAVE_FAILED,
                "vm box: could not begin new files for its disks: QEMU");
        isOn("box", disks);
        assertThat(layerIds()).hasSize(2);
        exec("cat").close();
    }

    @Test
    void aMachineWhoseAnswerIsLostIsAsked() throws IOException {
        boot("box");
        guest("box").disks().stacks(Stacking.UNTOLD);
        snapshot("asked", false);
        isOn("box", disks("box"));
        assertThat(guest("box").disks().chains()).contains(disks("box"));
    }

    /** What it would go on to write might be in a file that nobody looks for. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aMachineOfWhichNobodyKnowsWhereItWritesDoesNotGoOn(boolean memory) throws IOException {
        boot("box");
        guest("box").disks().stacks(Stacking.UNKNOWN);
        fails(
                () -> snapshot("asked", memory),
                ErrorCode.VM_SAVE_FAILED,
                "vm box: could not begin new files for its disks: QEMU");
        awaitState("box", "error");
        isOn("box", disks("box"));
        start("box");
        assertThat(guest("box").disks().chains()).contains(disks("box"));
    }

    /** As LAYERS_FROZEN leaves it: written down, and the machine was not told. */
    private DiskChains frozen() throws IOException {
        var directory = directory("box");
        var store = new Layers(
                daemon.layout().layers(),
                Owner.current(),
                new OwnerSeal(daemon.layout().sealKey()),
                List::of);
        var was = disks("box").both();
        var is = was.stream()
                .map(chain -> {
                    try {
                        var name = chain.drive() + ".01234567";
                        EmptyQcow2.create(directory.resolve(name), 64 << 20);
                        var layer = store.add(directory.resolve(chain.active()), chain.format());
                        return new DiskChain(
                                name,
                                Format.QCOW2,
                                64 << 20,
                                Stream.concat(Stream.of(layer), chain.layers().stream())
                                        .toList());
                    } catch (IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                })
                .toList();
        var disks = new DiskChains(is.get(0), is.get(1));
        disks.write(directory);
        return disks;
    }

    @Test
    void aDaemonThatEndedBeforeItsMachineWasToldIsFinishedByTheNext() throws IOException {
        boot("box");
        Files.createDirectory(directory("box").resolve("captured"));
        guest("box").pause();
        var disks = frozen();
        daemon = daemon.restarted();
        assertThat(show("box").state()).isEqualTo("running");
        assertThat(guest("box").disks().chains()).contains(disks);
        isOn("box", disks);
        exec("cat").close();
        // Nobody kept it, but the VM is on it.
        assertThat(layerIds()).hasSize(2);
    }

    @Test
    void aHostThatWentDownThereFindsItsDisks() throws IOException {
        boot("box");
        stop("box");
        var disks = frozen();
        Files.createFile(directory("box").resolve("vdb.fedcba98"));
        Files.createFile(directory("box").resolve("layer." + "0".repeat(32)));
        Files.createDirectories(daemon.layout().layers().resolve("0".repeat(32)));
        daemon = daemon.restarted();
        isOn("box", disks);
        assertThat(layerIds()).hasSize(2);
        start("box");
        assertThat(guest("box").disks().chains()).contains(disks);
    }

    @Test
    void aDiskOfLayersGrows() throws IOException {
        boot("box");
        snapshot("asked", false);
        write("box", "more");
        stop("box");
        var before = disks("box");
        daemon.client()
                .send("PATCH", "/v1/vms/box", SetVm.class, new SetVm(null, null, 128L << 20, null), VmInfo.class);
        var after = disks("box");
        isOn("box", after);
        assertThat(after.overlay()).isEqualTo(before.overlay());
        assertThat(after.work().size()).isEqualTo(128 << 20);
        assertThat(after.work().layers()).hasSize(2);
        start("box");
        assertThat(guest("box").disks().chains()).contains(after);
    }

    /** A VMM may write to its directory. */
    @Test
    void aDescriptionThatIsNotOursKeepsThatVmFromStartingAndNoOtherFromAnything() throws IOException {
        boot("box");
        snapshot("asked", false);
        boot("other");
        stop("box");
        var file = directory("box").resolve("disks");
        var text = Files.readString(file);
        Files.writeString(file, text.replaceFirst("vdb\\.[0-9a-f]*", "../../banger.db"));
        fails(() -> start("box"), ErrorCode.INTERNAL, "no disk: ../../banger.db");
        assertThat(show("box").disks()).startsWith("unknown: ").contains("no disk");
        assertThat(list()).hasSize(2);
        daemon = daemon.restarted();
        assertThat(show("other").state()).isEqualTo("running");
        assertThat(layerIds()).hasSize(2);
        Files.writeString(file, text);
        start("box");
    }

    @Test
    void theyDoNotGetDeeperThanTheyMay() throws IOException {
        boot("box");
        for (int i = 1; i < DiskChain.MOST_LAYERS; i++) {
            write("box", "more");
            snapshot("asked", false);
        }
        write("box", "more");
        var disks = disks("box");
        fails(
                () -> snapshot("asked", false),
                ErrorCode.VM_SAVE_FAILED,
                "vm box: its disks are 32 files deep, and that is the most");
        isOn("box", disks);
        exec("cat").close();
    }

    @Test
    void deepOnesAreFlattenedBehindItsBackAndThatCountsWhenItGoesOnInNewFiles() throws IOException {
        boot("box");
        for (int i = 0; i < 7; i++) {
            write("box", "more");
            snapshot("asked", false);
        }
        assertThat(guest("box").disks().flattenings()).isZero();
        write("box", "more");
        snapshot("asked", false);
        assertThat(guest("box").disks().flattenings()).isEqualTo(1);
        // When it ends before that, it is told again.
        stop("box");
        start("box");
        assertThat(guest("box").disks().flattenings()).isEqualTo(1);
        var deep = disks("box");
        assertThat(deep.depth()).isEqualTo(9);
        write("box", "all that there is");
        guest("box").disks().areFlat();
        int number = snapshot("asked", true).number();
        var flat = disks("box");
        isOn("box", flat);
        for (int i = 0; i < 2; i++) {
            assertThat(flat.both().get(i).layers())
                    .hasSize(2)
                    .last()
                    .isEqualTo(deep.both().get(i).layers().getLast());
        }
        // The others are there for those that were kept before.
        assertThat(layerIds()).hasSize(2 * 9);
        for (int i = 1; i < number; i++) remove(i);
        assertThat(layerIds()).hasSize(2 * 2);
        restore(number);
        assertThat(disks("box").layers().toList()).isEqualTo(flat.layers().toList());
    }
}
