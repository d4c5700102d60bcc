package banger.daemon.vm;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Layout;
import banger.api.Size;
import banger.daemon.Ballast;
import banger.daemon.DurableFiles;
import banger.daemon.Owner;
import banger.daemon.disk.AllocatedSize;
import banger.daemon.disk.BlankDisks;
import banger.daemon.disk.DiskRole;
import banger.daemon.disk.SparseFiles;
import banger.daemon.ops.Both;
import banger.daemon.publish.OwnerSeal;
import banger.daemon.template.Template;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The directories and disks of VMs. */
public final class VmDisks {
    private static final Duration SETTLES_AGAIN = Duration.ofSeconds(10);

    private final Layout layout;
    private final Owner owner;
    private final BlankDisks blanks;
    private final Ballast ballast;
    private final VmLayers layers;
    private final Settling settling = new Settling(this::directory, SETTLES_AGAIN);

    public VmDisks(Layout layout, Owner owner, BlankDisks blanks, Ballast ballast) {
        this.layout = layout;
        this.owner = owner;
        this.blanks = blanks;
        this.ballast = ballast;
        this.layers = new VmLayers(layout, owner);
    }

    /** The disks that are more than a raw file. */
    public VmLayers layers() {
        return layers;
    }

    public VmDirectory directory(VmId id) {
        return new VmDirectory(layout.vms().resolve(id.value()), layout.vmRuns().resolve(id.value()));
    }

    SavedState saved(Vm vm) {
        return new SavedState(
                vm.name().value(), vm.id(), directory(vm.id()).state(), owner, new OwnerSeal(layout.sealKey()));
    }

    /** Makes both disks; they are on disk when this returns their directory. */
    VmDirectory make(Vm vm) {
        var dir = directory(vm.id());
        try {
            DurableFiles.directories(dir.state());
            owner.share(dir.state());
            // Most of the time is the disk's: both wait for it together.
            Both.of(
                    () -> disk(DiskRole.OVERLAY, vm.overlayBytes(), dir.overlay()),
                    () -> disk(DiskRole.WORK, vm.diskBytes(), dir.workDisk()));
            DurableFiles.syncDirectory(dir.state());
            DurableFiles.syncDirectory(layout.vms());
            return dir;
        } catch (IOException e) {
            throw DurableFiles.failure(dir.state(), e);
        }
    }

    /**
     * Puts copies of a template's disks in the place of those that no guest has written to. They are on disk after
     * {@link #settling} wrote them.
     */
    void clone(Vm vm, Template template) {
        var directory = directory(vm.id());
        var about = template.manifest().about();
        try {
            settling.begin(vm.id());
            Both.of(
                    () -> copied(template.overlay(), directory.overlay(), vm.overlayBytes()),
                    () -> about.workBytes() > vm.diskBytes()
                            ? directory.workDisk()
                            : copied(template.work(), directory.workDisk(), vm.diskBytes()));
        } catch (IOException e) {
            throw DurableFiles.failure(directory.state(), e);
        }
    }

    private Path copied(Path source, Path file, long size) {
        return replaced(file, half -> SparseFiles.copyVolatile(source, half, size));
    }

    /** How far copies are on their way to the host's disk. */
    Settling settling() {
        return settling;
    }

    /** The disks of a new VM as copies of another's; durable when this returns. */
    void makeOf(Vm vm, Path overlay, Path work) {
        var dir = directory(vm.id());
        try {
            DurableFiles.directories(dir.state());
            owner.share(dir.state());
            cloned(overlay, dir.overlay(), vm.overlayBytes());
            cloned(work, dir.workDisk(), vm.diskBytes());
            DurableFiles.syncDirectory(dir.state());
            DurableFiles.syncDirectory(layout.vms());
        } catch (IOException e) {
            throw DurableFiles.failure(dir.state(), e);
        }
    }

    /** The disks of a new VM, over what another's were; durable when this returns. */
    void makeOver(Vm vm, VmLayers.Frozen below) {
        var dir = directory(vm.id());
        try {
            DurableFiles.directories(dir.state());
            owner.share(dir.state());
            layers.begin(vm, below);
            DurableFiles.syncDirectory(layout.vms());
        } catch (IOException e) {
            throw DurableFiles.failure(dir.state(), e);
        }
    }

    /** Says which snapshot a VM is being put back to; gone when it was. */
    Path restoreMarker(Vm vm) {
        return directory(vm.id()).state().resolve("restoring");
    }

    boolean restoring(Vm vm) {
        return Files.exists(restoreMarker(vm));
    }

    /** Where a VM's memory goes while it is copied; there as long as the VM may stand still for that. */
    Path captured(Vm vm) {
        return directory(vm.id()).state().resolve("captured");
    }

    /** Gives a file of ours to the VMM. */
    void give(Path file) {
        owner.give(file);
    }

    /** A fresh directory in one of a VMM's, in which that may write. */
    void makeShared(Path directory) {
        try {
            var parent = directory.toAbsolutePath().getParent();
            if (parent != null && Files.exists(directory)) DurableFiles.removeTree(parent, directory);
            DurableFiles.directories(directory);
            owner.share(directory);
        } catch (IOException e) {
            throw DurableFiles.failure(directory, e);
        }
    }

    void removeShared(Vm vm, Path directory) {
        DurableFiles.removeTree(directory(vm.id()).state(), directory);
    }

    private Path cloned(Path source, Path file, long size) {
        return replaced(file, half -> SparseFiles.copy(source, half, size));
    }

    private interface Made {
        void at(Path file) throws IOException;
    }

    /** At any moment the one or the other is there, whole. */
    private Path replaced(Path file, Made made) {
        var half = half(file);
        try {
            Files.deleteIfExists(half);
            made.at(half);
            owner.give(half);
            return Files.move(half, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw DurableFiles.failure(file, e);
        }
    }

    private static Path half(Path file) {
        return file.resolveSibling(file.getFileName() + ".new");
    }

    /** Empty ones again, whatever was done to them. */
    void makeAgain(Vm vm) {
        var directory = directory(vm.id());
        forgetHalves(vm);
        Both.of(
                () -> replaced(directory.overlay(), half -> blanks.create(DiskRole.OVERLAY, vm.overlayBytes(), half)),
                () -> replaced(directory.workDisk(), half -> blanks.create(DiskRole.WORK, vm.diskBytes(), half)));
        try {
            DurableFiles.syncDirectory(directory.state());
            layers.forget(vm.id());
            settling.forget(vm.id());
        } catch (IOException e) {
            throw DurableFiles.failure(directory.state(), e);
        }
    }

    /** Removes what a daemon that ended had not put in its place. */
    void forgetHalves(Vm vm) {
        var directory = directory(vm.id());
        try {
            Files.deleteIfExists(half(directory.overlay()));
            Files.deleteIfExists(half(directory.workDisk()));
        } catch (IOException e) {
            throw DurableFiles.failure(directory.state(), e);
        }
    }

    /** The disks of a machine that is nobody's VM. */
    void makeIn(Path directory, long overlayBytes, long diskBytes) {
        owner.share(directory);
        disk(DiskRole.OVERLAY, overlayBytes, directory.resolve("vdb"));
        disk(DiskRole.WORK, diskBytes, directory.resolve("vdc"));
    }

    private Path disk(DiskRole role, long bytes, Path file) {
        blanks.create(role, bytes, file);
        owner.give(file);
        return file;
    }

    /**
     * What is written once more has to fit, with a tenth to spare.
     *
     * @param memory bytes of it that are written beside the VM's files
     * @param what needs the room, for the error
     * @param prunes what would make some
     * @throws BangerException {@code host.disk-full}
     */
    void requireRoom(Vm vm, long memory, String what, String prunes) {
        requireRoomFor(vm, memory + used(vm.id()), what, prunes);
    }

    /** The same for that many bytes. */
    void requireRoomFor(Vm vm, long bytes, String what, String prunes) {
        var directory = directory(vm.id()).state();
        long needed = bytes / 10 * 11;
        try {
            long free = Files.getFileStore(directory).getUsableSpace();
            if (free >= needed) return;
            throw new BangerException(
                    ErrorCode.HOST_DISK_FULL,
                    what + " needs up to " + Size.human(needed) + " on disk, " + Size.human(free) + " are free",
                    "make room, then again; " + prunes + " free space of ours");
        } catch (IOException e) {
            throw DurableFiles.failure(directory, e);
        }
    }

    /** Sees to it that an end can be written down, on a full disk too. */
    void makeRoom() {
        ballast.drop();
    }

    /** Whether a guest that waited for room may write again, without taking that of an end. */
    boolean roomAgain() {
        return ballast.enough();
    }

    /** Holds it back again, when there is room enough. */
    void keepRoom() {
        ballast.lay();
    }

    /** Removes everything of a VM; nothing there is no error. */
    void remove(VmId id) {
        var dir = directory(id);
        DurableFiles.removeTree(layout.vms(), dir.state());
        DurableFiles.removeTree(layout.vmRuns(), dir.run());
        forgetWorkspaces(id);
        layers.store().sweep();
        ballast.lay();
    }

    /** Nothing was ever delivered to a VM. */
    void forgetWorkspaces(VmId id) {
        DurableFiles.removeTree(layout.workspaces(), layout.workspaces().resolve(id.value()));
    }

    /** Makes the work disk bigger; the guest grows its file system at the next start. */
    void grow(Vm vm, long bytes) {
        if (bytes < vm.diskBytes())
            throw new BangerException(ErrorCode.USAGE, "vm " + vm.name() + ": a disk only grows");
        if (layers.of(vm.id()).layered()) {
            layers.grow(vm, bytes);
            return;
        }
        try (var file = new RandomAccessFile(directory(vm.id()).workDisk().toFile(), "rw")) {
            file.setLength(bytes);
            file.getFD().sync();
        } catch (IOException e) {
            throw DurableFiles.failure(directory(vm.id()).workDisk(), e);
        }
    }

    /**
     * Bytes that a VM's files take on the host's disk, its saved memory with them, holes not counted; and the layers that its
     * disks are on, whoever else is.
     */
    public long used(VmId id) {
        try (var files = Files.walk(directory(id).state())) {
            long sum = layers.below(id);
            for (var file : files.filter(f -> Files.isRegularFile(f, LinkOption.NOFOLLOW_LINKS))
                    .toList()) sum += allocated(file);
            return sum;
        } catch (IOException | UncheckedIOException | BangerException e) {
            return 0;
        }
    }

    private static long allocated(Path file) {
        try {
            return AllocatedSize.of(file);
        } catch (IOException e) {
            return 0;
        }
    }

    /** Keeps the console log of a VM that is about to go; returns where. */
    Path keepLog(Vm vm) {
        var kept = layout.logs().resolve(vm.name() + "-" + vm.id().abbreviated() + ".console.log");
        try {
            DurableFiles.directories(layout.logs());
            if (Files.exists(directory(vm.id()).console()))
                Files.copy(directory(vm.id()).console(), kept, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw DurableFiles.failure(kept, e);
        }
        return kept;
    }

    void removeRun(VmId id) {
        DurableFiles.removeTree(layout.vmRuns(), directory(id).run());
    }

    /** The ids that have a directory, whether the store knows them or not. */
    Set<VmId> present() {
        return Stream.of(layout.vms(), layout.vmRuns(), layout.workspaces())
                .flatMap(VmDisks::names)
                .filter(n -> n.matches("[0-9a-f]{12}"))
                .map(VmId::new)
                .collect(Collectors.toSet());
    }

    private static Stream<String> names(Path directory) {
        try (var files = Files.list(directory)) {
            return files.map(f -> f.getFileName().toString()).toList().stream();
        } catch (IOException e) {
            return Stream.empty();
        }
    }
}
