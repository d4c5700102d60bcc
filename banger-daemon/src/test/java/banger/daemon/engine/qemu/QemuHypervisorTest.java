package banger.daemon.engine.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.daemon.archive.CpioHeader;
import banger.daemon.archive.CpioWriter;
import banger.daemon.debian.DebianMirror;
import banger.daemon.engine.BootSpec;
import banger.daemon.engine.BootSpec.Link;
import banger.daemon.engine.Confinement;
import banger.daemon.engine.Hypervisor;
import banger.daemon.engine.HypervisorContract;
import banger.daemon.engine.KvmProbe;
import banger.daemon.engine.ProcessRef;
import banger.daemon.engine.Shim;
import banger.daemon.guest.Control;
import banger.daemon.kernel.Kernel;
import banger.daemon.kernel.Kernels;
import banger.daemon.process.Command;
import banger.daemon.process.HostCommandRunner;
import banger.daemon.process.Programs;
import banger.daemon.progress.Progress;
import banger.daemon.publish.Users;
import banger.daemon.store.Database;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** QEMU keeps the contract: the real kernel and guest program on an empty root file system. */
@Tag("vm")
class QemuHypervisorTest extends HypervisorContract {
    private static final Path NATIVE =
            Path.of(System.getProperty("banger.checkout", "..")).resolve("native/target");
    private static final HostCommandRunner COMMANDS = new HostCommandRunner();
    private static final Confinement CONFINEMENT =
            new Confinement(NATIVE.resolve("banger-shim"), COMMANDS, Optional.empty());

    @TempDir
    static Path shared;

    private static Kernel kernel;
    private static Path rootfs;
    private static Accelerator accelerator;

    @TempDir
    Path directory;

    private String commandLine;
    private int memoryMib = 256;

    @BeforeAll
    static void prepare() throws IOException {
        try (var database = Database.open(shared.resolve("banger.db"))) {
            var work = Files.createDirectory(shared.resolve("work"));
            kernel = new Kernels(
                            shared.resolve("kernels"),
                            work,
                            NATIVE.resolve("banger-guest"),
                            database,
                            COMMANDS,
                            DebianMirror.DEFAULT,
                            Users.NONE)
                    .ensure("debian-cloud", Progress.NONE);
        }
        rootfs = disk(shared.resolve("rootfs.ext4"));
        var probe = new KvmProbe(NATIVE.resolve("banger-shim"), COMMANDS, shared.resolve("kvm-probe"));
        accelerator = probe.answer().works() ? Accelerator.KVM : Accelerator.TCG;
    }

    private static Path disk(Path file) throws IOException {
        Files.createFile(file);
        COMMANDS.run(Command.of("mke2fs", "-q", "-t", "ext4", "-O", "^resize_inode", file.toString(), "64m"));
        return file;
    }

    @BeforeEach
    void disks() throws IOException {
        disk(directory.resolve("vdb"));
        disk(directory.resolve("vdc"));
        commandLine = kernel.commandLine();
    }

    @Override
    protected Hypervisor engine() {
        var program = Programs.find("qemu-system-x86_64").orElseThrow();
        return new QemuHypervisor(
                program, "7.2", accelerator, new Shim(NATIVE.resolve("banger-shim"), COMMANDS, CONFINEMENT::answer));
    }

    @Override
    protected BootSpec spec(Control.Listener listener) {
        return new BootSpec(
                "box",
                directory,
                List.of(
                        new Link(rootfs, "vda"),
                        new Link(kernel.modules(), "vdd"),
                        new Link(kernel.vmlinux(), "kernel"),
                        new Link(kernel.initrd(), "initrd")),
                commandLine,
                1,
                memoryMib,
                "02:00:00:00:00:01",
                3,
                BootSpec.Placement.PLAIN,
                "off",
                listener);
    }

    @Override
    protected byte[] configuration() {
        var conf = "id=0123456789ab\nmachine-id=" + "0".repeat(31) + "1\nhostname=box\n";
        var archive = new ByteArrayOutputStream();
        try (var cpio = new CpioWriter(archive)) {
            cpio.file(CpioHeader.root("banger.conf", 0600), Files.writeString(directory.resolve("banger.conf"), conf));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return archive.toByteArray();
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

    /** Its disk is not there. */
    @Override
    protected void breakNextBoot() {
        try {
            Files.delete(directory.resolve("vdb"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
