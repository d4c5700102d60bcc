package banger.daemon.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.BangerException;
import banger.api.Layout;
import banger.api.Size;
import banger.api.VmName;
import banger.daemon.Ballast;
import banger.daemon.Owner;
import banger.daemon.disk.BlankDisks;
import banger.daemon.process.HostCommandRunner;
import banger.daemon.template.Template;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Disks, directories and console logs of VMs. */
class VmDisksTest {
    @TempDir
    Path home;

    private Layout layout;
    private VmDisks disks;

    @BeforeEach
    void make() throws IOException {
        layout = Layout.of(Map.of("BANGER_HOME", home.toString()), home);
        Files.createDirectories(layout.vms());
        Files.createDirectories(layout.vmRuns());
        disks = new VmDisks(
                layout,
                new Owner(0, "root", Optional.empty()),
                new BlankDisks(layout.blanks(), new HostCommandRunner()),
                new Ballast(layout.ballast()));
    }

    static Vm vm(String id, long disk, long overlay) {
        return new Vm(
                new VmId(id),
                new VmName("box"),
                VmState.CREATING,
                "",
                "i",
                "id",
                "k",
                "kd",
                1,
                256,
                disk,
                overlay,
                false,
                "auto",
                "172.16.0.2",
                "02:ba:ac:10:00:02",
                3,
                "0123456789abcdef0123456789abcdef",
                "",
                false,
                Instant.parse("2026-01-01T00:00:00Z"));
    }

    @Test
    void disksAreSparseOwnFilesOfTheSizesAskedFor() throws IOException {
        var vm = vm("0123456789ab", 128 * Size.MIB, 64 * Size.MIB);
        disks.make(vm);
        var dir = disks.directory(vm.id());
        assertThat(dir.workDisk()).hasSize(128 * Size.MIB);
        assertThat(dir.overlay()).hasSize(64 * Size.MIB);
        assertThat(disks.used(vm.id())).isBetween(1L, 4 * Size.MIB);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(dir.workDisk())))
                .isEqualTo("rw-------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(dir.state())))
                .isEqualTo("rwx------");
        assertThat(disks.present()).containsExactly(vm.id());
    }

    @Test
    void aDiskGrowsAndNeverShrinks() {
        var vm = vm("0123456789ab", 64 * Size.MIB, 64 * Size.MIB);
        disks.make(vm);
        disks.grow(vm, 256 * Size.MIB);
        assertThat(disks.directory(vm.id()).workDisk()).hasSize(256 * Size.MIB);
        assertThatThrownBy(() -> disks.grow(vm, 63 * Size.MIB)).hasMessage("vm box: a disk only grows");
        assertThat(disks.directory(vm.id()).workDisk()).hasSize(256 * Size.MIB);
    }

    @Test
    void aDiskThatIsNotThereIsNotMadeByGrowing() {
        var vm = vm("0123456789ab", 64 * Size.MIB, 64 * Size.MIB);
        assertThatThrownBy(() -> disks.grow(vm, 128 * Size.MIB)).isInstanceOf(BangerException.class);
        assertThat(disks.directory(vm.id()).workDisk()).doesNotExist();
    }

    private Template template() throws IOException {
        var directory = Files.createDirectory(home.resolve("template"));
        Files.writeString(directory.resolve(Template.OVERLAY), "overlay");
        Files.writeString(directory.resolve(Template.WORK), "work");
        var about = new Template.About("qemu/tcg", "i", "id", "kd", 1, 256, 7, 4, 1, "2026-01-01T00:00:00Z", null);
        return new Template(
                "0".repeat(64), directory, new Template.Manifest(1, about, Map.of(), List.of()), Instant.EPOCH);
    }

    @Test
    void copiesOfATemplateAreMarkedUntilTheyAreOnDisk() throws IOException {
        var vm = vm("0123456789ab", 64 * Size.MIB, 64 * Size.MIB);
        disks.make(vm);
        assertThat(disks.settling().of(vm.id())).isEqualTo(Settling.Progress.WRITTEN);
        disks.clone(vm, template());
        assertThat(disks.settling().of(vm.id())).isEqualTo(Settling.Progress.UNDER_WAY);
        assertThat(Files.readString(disks.directory(vm.id()).workDisk())).startsWith("work");
        disks.settling().now(vm.id());
        assertThat(disks.settling().of(vm.id())).isEqualTo(Settling.Progress.WRITTEN);
        disks.settling().now(vm.id());
        disks.remove(vm.id());
        // It may be gone by then.
        disks.settling().now(vm.id());
        assertThat(disks.settling().of(vm.id())).isEqualTo(Settling.Progress.WRITTEN);
    }

    /** A marker that stayed for good would cost a VM all it ever wrote, when its host goes down much later. */
    @Test
    void disksThatCouldNotBeWrittenStayMarkedAndAreTriedAgain() throws Exception {
        var vm = vm("0123456789ab", 64 * Size.MIB, 64 * Size.MIB);
        disks.make(vm);
        var settling = new Settling(disks::directory, Duration.ofMillis(1));
        settling.begin(vm.id());
        var work = disks.directory(vm.id()).workDisk();
        var aside = work.resolveSibling("aside");
        Files.move(work, aside);
        settling.now(vm.id());
        assertThat(settling.of(vm.id())).isEqualTo(Settling.Progress.UNDER_WAY);
        Files.move(aside, work);
        while (settling.of(vm.id()) != Settling.Progress.WRITTEN) Thread.onSpinWait();
    }

    @Test
    void copiesThatAHostNeverWroteAreNobodysAndGiveWayToEmptyDisks() throws IOException {
        var vm = vm("0123456789ab", 64 * Size.MIB, 64 * Size.MIB);
        disks.make(vm);
        Files.createFile(disks.directory(vm.id()).unsettled("another-boot"));
        assertThat(disks.settling().of(vm.id())).isEqualTo(Settling.Progress.LOST);
        disks.makeAgain(vm);
        assertThat(disks.settling().of(vm.id())).isEqualTo(Settling.Progress.WRITTEN);
        assertThat(disks.directory(vm.id()).workDisk()).hasSize(64 * Size.MIB);
    }

    @Test
    void removalStaysInside() throws IOException {
        var vm = vm("0123456789ab", 64 * Size.MIB, 64 * Size.MIB);
        disks.make(vm);
        var other = vm("0123456789ac", 64 * Size.MIB, 64 * Size.MIB);
        disks.make(other);
        var outside = Files.createDirectory(home.resolve("outside"));
        Files.writeString(outside.resolve("kept"), "x");
        Files.createSymbolicLink(disks.directory(vm.id()).state().resolve("vda"), outside);
        Files.createDirectories(disks.directory(vm.id()).run());
        Files.createSymbolicLink(disks.directory(vm.id()).run().resolve("link"), outside.resolve("kept"));
        disks.remove(vm.id());
        assertThat(disks.directory(vm.id()).state()).doesNotExist();
        assertThat(disks.directory(vm.id()).run()).doesNotExist();
        assertThat(outside.resolve("kept")).exists();
        assertThat(disks.directory(other.id()).workDisk()).exists();
        disks.remove(vm.id());
    }

    @Test
    void aVmsDirectoryThatIsALinkIsUnlinkedOnly() throws IOException {
        var outside = Files.createDirectory(home.resolve("outside"));
        Files.writeString(outside.resolve("kept"), "x");
        Files.createSymbolicLink(layout.vms().resolve("0123456789ab"), outside);
        disks.remove(new VmId("0123456789ab"));
        assertThat(outside.resolve("kept")).exists();
        assertThat(Files.isSymbolicLink(layout.vms().resolve("0123456789ab"))).isFalse();
    }

    @Test
    void onlyDirectoriesNamedLikeAVmCount() throws IOException {
        for (var name : new String[] {"lost+found", "0123456789AB", "0123456789ab0", ".tmp"})
            Files.createDirectory(layout.vms().resolve(name));
        Files.createDirectory(layout.vmRuns().resolve("0123456789ab"));
        assertThat(disks.present()).containsExactly(new VmId("0123456789ab"));
    }

    @Test
    void theLogOfAVmThatGoesIsKept() throws IOException {
        var vm = vm("0123456789ab", 64 * Size.MIB, 64 * Size.MIB);
        var dir = disks.directory(vm.id());
        Files.createDirectories(dir.state());
        Files.writeString(dir.console(), "panic\n");
        var kept = disks.keepLog(vm);
        assertThat(kept)
                .isEqualTo(layout.logs().resolve("box-01234567.console.log"))
                .hasContent("panic\n");
    }

    @Test
    void theConsolesTailIsItsLastLinesMadePrintable() throws IOException {
        var dir = disks.directory(new VmId("0123456789ab"));
        assertThat(ConsoleLog.tail(dir, 3)).isEmpty();
        Files.createDirectories(dir.state());
        Files.writeString(dir.olderConsole(), "one\ntwo\n");
        Files.writeString(dir.console(), "\n  three \033[2J\r\n\n\nfour\u202e");
        assertThat(ConsoleLog.tail(dir, 3)).containsExactly("three \\x1b[2J", "four\\u{202e}");
        Files.write(dir.console(), new byte[] {(byte) 0xff, 'x', '\n'});
        assertThat(ConsoleLog.tail(dir, 1)).containsExactly("\ufffdx");
        Files.writeString(dir.console(), ("x".repeat(200) + "\n").repeat(1000) + "last\n");
        assertThat(ConsoleLog.tail(dir, 2)).containsExactly("x".repeat(200), "last");
    }

    @Test
    void ofAPanicTheLastWordsAreWhatItRanInto() throws IOException {
        var dir = disks.directory(new VmId("0123456789ab"));
        Files.createDirectories(dir.state());
        var registers = "[ 2.0] RAX: 0000000000000000 RBX: 0000000000000001\n".repeat(30);
        Files.writeString(
                dir.console(),
                "fine\n[ 1.9] general protection fault: 0000 [#1] PREEMPT SMP\n[ 1.9] CPU: 0 PID: 1\n"
                        + "[ 1.9] RIP: 0010:timer_x+0x1/0x2\n" + registers
                        + "[ 2.1] Kernel panic - not syncing: Fatal exception in interrupt\n[ 2.2] Rebooting\n");
        assertThat(ConsoleLog.lastWords(dir, 5))
                .containsExactly(
                        "[ 1.9] general protection fault: 0000 [#1] PREEMPT SMP",
                        "[ 1.9] RIP: 0010:timer_x+0x1/0x2",
                        "[ 2.1] Kernel panic - not syncing: Fatal exception in interrupt");
        Files.writeString(dir.console(), "a\nb\nno root\n[ 1.0] Kernel panic - not syncing: VFS\n" + registers);
        assertThat(ConsoleLog.lastWords(dir, 3))
                .containsExactly("b", "no root", "[ 1.0] Kernel panic - not syncing: VFS");
        Files.writeString(dir.console(), "a\nb\nc\n");
        assertThat(ConsoleLog.lastWords(dir, 2)).containsExactly("b", "c");
    }

    @Test
    void aPanicIsSeen() throws IOException {
        var dir = disks.directory(new VmId("0123456789ab"));
        Files.createDirectories(dir.state());
        Files.writeString(dir.console(), "fine\n");
        assertThat(ConsoleLog.panicked(dir)).isFalse();
        Files.writeString(dir.console(), "[ 1.0] Kernel panic - not syncing: VFS\n[ 1.1] ---[ end Kernel panic ]---\n");
        assertThat(ConsoleLog.panicked(dir)).isTrue();
    }
}
