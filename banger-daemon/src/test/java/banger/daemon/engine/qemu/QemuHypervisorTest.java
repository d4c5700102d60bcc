package banger.daemon.engine.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.daemon.disk.DiskChain;
import banger.daemon.disk.DiskChain.Format;
import banger.daemon.disk.DiskChain.Layer;
import banger.daemon.disk.DiskChains;
import banger.daemon.disk.EmptyQcow2;
import banger.daemon.disk.SparseFiles;
import banger.daemon.engine.BootSpec;
import banger.daemon.engine.BootSpec.Link;
import banger.daemon.engine.Hypervisor;
import banger.daemon.engine.Machine;
import banger.daemon.engine.ProcessRef;
import banger.daemon.engine.RealEngineContract;
import banger.daemon.engine.SealedMemory;
import banger.daemon.guest.Agent;
import banger.daemon.guest.Control;
import banger.daemon.guest.Sleep;
import banger.daemon.process.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** QEMU keeps the contract. */
@Tag("vm")
class QemuHypervisorTest extends RealEngineContract {
    private static Accelerator accelerator = Accelerator.TCG;

    @BeforeAll
    static void probe() {
        accelerator = kvmWorks() ? Accelerator.KVM : Accelerator.TCG;
    }

    @Override
    protected Hypervisor engine() {
        var program = Programs.find("qemu-system-x86_64").orElseThrow();
        return new QemuHypervisor(program, "7.2", accelerator, shim(), new SealedMemory());
    }

    @Test
    void memoryThatTheHostRefusesIsAnErrorAndNothingRuns() throws IOException {
        var policy = Files.readString(Path.of("/proc/sys/vm/overcommit_memory")).strip();
        assumeTrue(!policy.equals("1"), "this host promises any amount of memory (vm.overcommit_memory is 1)");
        memoryMib = 512 * 1024;
        assertThatThrownBy(this::boot).isInstanceOfSatisfying(BangerException.class, e -> {
            assertThat(e.code()).isEqualTo(ErrorCode.VM_START_FAILED);
            assertThat(e.fact())
                    .startsWith("vm box: QEMU did not start: ")
                    .contains("memory", "Cannot allocate memory")
                    .hasSizeLessThan(1000);
            assertThat(e.remedies()).isNotEmpty();
        });
        for (var ref : Files.readString(directory.resolve("run.ref")).strip().split(" "))
            assertThat(ProcessRef.parse(ref).alive()).isFalse();
    }

    @Override
    protected BootSpec spec(Control.Listener listener) {
        var spec = super.spec(listener).with(layers);
        return disks.map(spec::on).orElse(spec);
    }

    @TempDir
    Path layersDirectory;

    private final List<Link> layers = new ArrayList<>();
    private int made;
    private Optional<DiskChains> disks = Optional.empty();

    /** What it writes to becomes layers; it is told in the end. */
    private DiskChains next() throws IOException {
        var chains = new ArrayList<DiskChain>();
        for (var was : disks.map(DiskChains::both)
                .orElse(List.of(DiskChain.raw("vdb", 64 << 20), DiskChain.raw("vdc", 64 << 20)))) {
            var name = String.format("%s.%08x", was.drive(), ++made);
            var layer = new Layer(String.format("%032x", made), was.format());
            var file = layersDirectory.resolve(layer.text());
            Files.createLink(file, directory.resolve(was.active()));
            layers.add(new Link(file, layer.place()));
            EmptyQcow2.create(directory.resolve(name), was.size());
            var below = new ArrayList<>(List.of(layer));
            below.addAll(was.layers());
            chains.add(new DiskChain(name, Format.QCOW2, was.size(), below));
        }
        disks = Optional.of(new DiskChains(chains.get(0), chains.get(1)));
        return disks.get();
    }

    private List<String> digests() throws IOException {
        var digests = new ArrayList<String>();
        for (var layer : layers) digests.add(SparseFiles.digest(layer.source()));
        return digests;
    }

    private void removeFormer() throws IOException {
        try (var files = Files.newDirectoryStream(directory, "vd[bc]*")) {
            for (var file : files)
                if (disks.orElseThrow().strange(String.valueOf(file.getFileName()))) Files.delete(file);
        }
    }

    @Test
    void itGoesOnInNewFilesAndWhatItWroteBeforeStaysAsItIs() throws Exception {
        bootToReady();
        for (int i = 0; i < 2; i++) {
            machine().pause();
            var next = next();
            assertThat(machine().stacked(next)).isFalse();
            machine().stack(next);
            machine().stack(next);
            assertThat(machine().stacked(next)).isTrue();
            var before = digests();
            removeFormer();
            machine().unpause();
            answers();
            new Agent("box", machine().streams()).sync(false, Duration.ofSeconds(60));
            assertThat(digests()).isEqualTo(before);
            // The next daemon asks it.
            machine().release();
            takeUp();
            assertThat(machine().stacked(next)).isTrue();
        }
        var written = disks.orElseThrow();
        // Its memory fits to a machine that has the layers from the beginning; and that one goes on likewise.
        var before = digests();
        continuesFrom(save());
        assertThat(machine().stacked(written)).isTrue();
        machine().pause();
        machine().stack(next());
        machine().unpause();
        answers();
        machine().kill();
        assertThat(digests()).startsWith(before.toArray(String[]::new));
        boot();
        assertThat(machine().control().hello().get(90, TimeUnit.SECONDS).wantsConfiguration())
                .isTrue();
    }

    private void goesOnInNewFiles() throws Exception {
        machine().pause();
        machine().stack(next());
        removeFormer();
        machine().unpause();
        answersStill();
        new Agent("box", machine().streams()).sync(false, Duration.ofSeconds(60));
    }

    private static DiskChain shorter(DiskChain chain) {
        return new DiskChain(
                chain.active(),
                chain.format(),
                chain.size(),
                List.of(chain.layers().getFirst(), chain.layers().getLast()));
    }

    @Test
    void deepDisksAreFlattenedWhileItRuns() throws Exception {
        bootToReady();
        for (int round = 0; round < 2; round++) {
            for (int i = 0; i < 3; i++) goesOnInNewFiles();
            var before = digests();
            var deep = disks.orElseThrow();
            assertThat(machine().flattened(deep)).isEmpty();
            machine().flatten(deep);
            while (machine().flattening()) Thread.onSpinWait();
            // All is copied, and waits to be put in place.
            machine().flatten(deep);
            machine().pause();
            assertThat(machine().flattened(deep)).containsExactlyInAnyOrder("vdb", "vdc");
            machine().stack(next());
            machine().unpause();
            assertThat(digests()).startsWith(before.toArray(String[]::new));
            var whole = disks.orElseThrow();
            disks = Optional.of(new DiskChains(shorter(whole.overlay()), shorter(whole.work())));
            removeFormer();
            // It is on those alone.
            for (var link : layers)
                if (disks.orElseThrow().layers().noneMatch(l -> l.place().equals(link.name())))
                    Files.delete(link.source());
            layers.removeIf(link -> !Files.exists(link.source()));
            answersStill();
            continuesFrom(save(Files.createDirectory(directory.resolve("saved-" + round))));
        }
        machine().kill();
        boot();
        assertThat(machine().control().hello().get(90, TimeUnit.SECONDS).wantsConfiguration())
                .isTrue();
    }

    @Test
    void aSaveAndNewFilesEndWhatIsFlattened() throws Exception {
        bootToReady();
        for (int i = 0; i < 3; i++) goesOnInNewFiles();
        machine().flatten(disks.orElseThrow());
        goesOnInNewFiles();
        assertThat(machine().flattening()).isFalse();
        machine().flatten(disks.orElseThrow());
        continuesFrom(save());
        machine().flatten(disks.orElseThrow());
        var saved = Files.createDirectory(directory.resolve("live"));
        try (var saving = machine().saveLive(saved, () -> false)) {
            Sleep.prepare(machine().control());
            saving.finish();
        }
        continuesFrom(saved);
    }

    /** Left to put in place by itself what is copied, one time in thirty QEMU was gone soon afterwards. */
    @Test
    void whatIsEndedAsItIsCopiedDoesNoHarm() throws Exception {
        bootToReady();
        for (int i = 0; i < 2; i++) goesOnInNewFiles();
        for (int i = 0; i < 24; i++) {
            machine().flatten(disks.orElseThrow());
            goesOnInNewFiles();
        }
    }

    @Test
    void newFilesThatItCannotOpenAreRefusedAndItGoesOnInTheOld() throws Exception {
        bootToReady();
        machine().pause();
        var next = next();
        Files.delete(directory.resolve(next.work().active()));
        assertThatThrownBy(() -> machine().stack(next)).isInstanceOf(IOException.class);
        assertThat(machine().stacked(next)).isFalse();
        machine().unpause();
        answers();
    }

    @Test
    void savedInTheMomentThatItGoesOnInNewFilesItContinuesOnThem() throws Exception {
        bootToReady();
        var saved = saved();
        try (var saving = machine().saveLive(saved, () -> false)) {
            Sleep.prepare(machine().control());
            machine().pause();
            machine().stack(next());
            saving.finish();
        }
        machine().wake(Sleep.Kind.CONTINUE);
        answersStill();
        continuesFrom(saved);
    }

    private Path saved() throws IOException {
        return Files.createDirectory(directory.resolve("saved"));
    }

    private void continuesFrom(Path saved) throws Exception {
        machine().kill();
        restore(saved);
        machine().wake(Sleep.Kind.RESUME);
        answers();
    }

    /** Also under the emulator, which the product does not trust with it. */
    private Machine.Saving live(Path saved, BooleanSupplier cancelled) throws IOException {
        return ((QemuMachine) machine()).reallyLive(saved, cancelled);
    }

    @Test
    void underTheEmulatorNothingIsSavedBeforeItStandsStill() throws Exception {
        bootToReady();
        var saved = saved();
        try (var saving = machine().saveLive(saved, () -> false)) {
            assertThat(Files.exists(saved.resolve("state"))).isEqualTo(accelerator.tracksWrites());
            Sleep.prepare(machine().control());
            saving.finish();
        }
        continuesFrom(saved);
    }

    @Test
    void littleIsLeftForWhenItStandsStill() throws Exception {
        bootToReady();
        var saved = saved();
        try (var saving = live(saved, () -> false)) {
            long live = Files.size(saved.resolve("state"));
            assertThat(live).isGreaterThan(8 << 20);
            Sleep.prepare(machine().control());
            saving.finish();
            assertThat(Files.size(saved.resolve("state")) - live).isBetween(1L, (long) (40 << 20));
        }
        continuesFrom(saved);
    }

    /** As one of an older banger: QEMU has nothing left to do before the guest is frozen. */
    @Test
    void aGuestThatDoesNotStirIsSavedWhileItStandsStill() throws Exception {
        bootToReady();
        var saved = saved();
        try (var saving = ((QemuMachine) machine()).saveLive(saved, () -> false, kib -> {})) {
            answersStill();
            Sleep.prepare(machine().control());
            saving.finish();
        }
        machine().wake(Sleep.Kind.CONTINUE);
        answersStill();
        continuesFrom(saved);
    }

    @Test
    void cancelledItEndsAndNothingIsLeftOfIt() throws Exception {
        bootToReady();
        var saved = saved();
        assertThatThrownBy(() -> live(saved, () -> true)).isInstanceOf(IOException.class);
        assertThat(saved).isEmptyDirectory();
        answersStill();
        var asked = new AtomicInteger();
        assertThatThrownBy(() -> live(saved, () -> asked.incrementAndGet() > 5)).isInstanceOf(IOException.class);
        assertThat(saved).isEmptyDirectory();
        answersStill();
        live(saved, () -> false).close();
    }

    @Test
    void aSaveThatItsDaemonDidNotEndIsNoneForTheNext() throws Exception {
        bootToReady();
        var saved = saved();
        var first = live(saved, () -> false);
        machine().release();
        takeUp();
        answersStill();
        assertThatThrownBy(first::finish).isInstanceOf(IOException.class);
        first.close();
        continuesFrom(save(Files.createDirectory(directory.resolve("again"))));
    }

    @Test
    void whenItEndsMeanwhileThatIsAnError() throws Exception {
        bootToReady();
        var saved = saved();
        try (var saving = live(saved, () -> false)) {
            machine().kill();
            assertThatThrownBy(saving::finish).isInstanceOf(IOException.class);
        }
        assertThat(saved).isEmptyDirectory();
    }
}
