package banger.daemon.engine;

import banger.daemon.archive.CpioHeader;
import banger.daemon.archive.CpioWriter;
import banger.daemon.debian.DebianMirror;
import banger.daemon.engine.BootSpec.Link;
import banger.daemon.guest.Control;
import banger.daemon.kernel.Kernels;
import banger.daemon.process.Command;
import banger.daemon.process.HostCommandRunner;
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
import org.junit.jupiter.api.io.TempDir;

/** The contract for what really runs: kernel and guest program on an empty root file system. */
public abstract class RealEngineContract extends RecordedMachineContract {
    private static final Path NATIVE =
            Path.of(System.getProperty("banger.checkout", "..")).resolve("native/target");
    protected static final HostCommandRunner COMMANDS = new HostCommandRunner();
    private static final Confinement CONFINEMENT =
            new Confinement(NATIVE.resolve("banger-shim"), COMMANDS, Optional.empty());

    /** A kernel that was pulled before, where a mirror is out of reach. */
    private static final String KERNEL = System.getProperty("banger.test-kernel", "");

    @TempDir
    static Path shared;

    private static List<Link> links = List.of();

    @TempDir
    protected Path directory;

    protected int memoryMib = 256;
    protected BootSpec.Placement placement = BootSpec.Placement.PLAIN;

    @BeforeAll
    static void prepare() throws IOException {
        var rootfs = new Link(disk(shared.resolve("rootfs.ext4")), "vda");
        if (!KERNEL.isEmpty()) {
            links = List.of(
                    rootfs, pulled("modules.ext4", "vdd"), pulled("vmlinux", "kernel"), pulled("initrd-*", "initrd"));
            return;
        }
        try (var database = Database.open(shared.resolve("banger.db"))) {
            var work = Files.createDirectory(shared.resolve("work"));
            var kernel = new Kernels(
                            shared.resolve("kernels"),
                            work,
                            NATIVE.resolve("banger-guest"),
                            database,
                            COMMANDS,
                            DebianMirror.DEFAULT,
                            Users.NONE)
                    .ensure("debian-cloud", Progress.NONE);
            links = List.of(
                    rootfs,
                    new Link(kernel.modules(), "vdd"),
                    new Link(kernel.vmlinux(), "kernel"),
                    new Link(kernel.initrd(), "initrd"));
        }
    }

    private static Link pulled(String pattern, String name) throws IOException {
        try (var files = Files.newDirectoryStream(Path.of(KERNEL), pattern)) {
            return new Link(files.iterator().next(), name);
        }
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
    }

    protected static Shim shim() {
        return new Shim(NATIVE.resolve("banger-shim"), COMMANDS, CONFINEMENT::answer, MemoryBound.none());
    }

    protected static boolean kvmWorks() {
        return new KvmProbe(NATIVE.resolve("banger-shim"), COMMANDS, shared.resolve("kvm-probe"))
                .answer()
                .works();
    }

    @Override
    protected BootSpec spec(Control.Listener listener) {
        return new BootSpec(
                "box",
                directory,
                links,
                Kernels.COMMAND_LINE,
                1,
                memoryMib,
                "02:00:00:00:00:01",
                3,
                placement,
                "off",
                listener);
    }

    @Override
    protected byte[] configuration() {
        return archive("id=0123456789ab\nmachine-id=" + "0".repeat(31) + "1\nhostname=box\n");
    }

    @Override
    protected byte[] template() {
        return archive("template=1\nmachine-id=" + "0".repeat(31) + "2\n");
    }

    private byte[] archive(String conf) {
        var archive = new ByteArrayOutputStream();
        try (var cpio = new CpioWriter(archive)) {
            cpio.file(CpioHeader.root("banger.conf", 0600), Files.writeString(directory.resolve("banger.conf"), conf));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return archive.toByteArray();
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
