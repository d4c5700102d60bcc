package banger.daemon.vm;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Layout;
import banger.api.Printable;
import banger.daemon.DurableFiles;
import banger.daemon.Owner;
import banger.daemon.disk.DiskChain;
import banger.daemon.disk.DiskChain.Format;
import banger.daemon.disk.DiskChain.Layer;
import banger.daemon.disk.DiskChains;
import banger.daemon.disk.EmptyQcow2;
import banger.daemon.disk.Layers;
import banger.daemon.disk.Reflinks;
import banger.daemon.engine.BootSpec.Link;
import banger.daemon.publish.OwnerSeal;
import banger.daemon.snapshot.Snapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Disks that are layers (docs/adr/0033): a copy of one is a name for what it is now, and a new empty file on top for whoever
 * goes on. The caller holds the VM's lock.
 */
public final class VmLayers {
    private final Layout layout;
    private final Owner owner;
    private final Layers layers;
    /** Unknown until it is asked. */
    private @Nullable Boolean copiesShare;

    VmLayers(Layout layout, Owner owner) {
        this.layout = layout;
        this.owner = owner;
        this.layers = new Layers(layout.layers(), owner, new OwnerSeal(layout.sealKey()), () -> namers(layout));
    }

    /** Every file that names layers: the disks of VMs, and snapshots, finished or not. */
    private static List<Path> namers(Layout layout) {
        var files = new ArrayList<Path>();
        for (var vm : entries(layout.vms())) files.add(vm.resolve(DiskChains.FILE));
        for (var vm : entries(layout.snapshots()))
            for (var snapshot : entries(vm)) files.add(snapshot.resolve("manifest.json"));
        return files;
    }

    private static List<Path> entries(Path directory) {
        if (Files.notExists(directory)) return List.of();
        try (var entries = Files.list(directory)) {
            return entries.filter(e -> Files.isDirectory(e, LinkOption.NOFOLLOW_LINKS))
                    .toList();
        } catch (IOException e) {
            throw DurableFiles.failure(directory, e);
        }
    }

    /** What both disks of a copied VM were. */
    record Frozen(List<Layer> overlay, List<Layer> work) {
        Frozen {
            overlay = List.copyOf(overlay);
            work = List.copyOf(work);
        }

        static Frozen below(DiskChains disks) {
            return new Frozen(disks.overlay().layers(), disks.work().layers());
        }

        /** @throws IllegalArgumentException when a snapshot names no layers */
        static Frozen of(Snapshot.Disks disks) {
            return new Frozen(
                    disks.overlay().stream().map(Layer::parse).toList(),
                    disks.work().stream().map(Layer::parse).toList());
        }

        /** @param allocated bytes on disk of those that no snapshot had before */
        Snapshot.Disks disks(long allocated) {
            return new Snapshot.Disks(
                    overlay.stream().map(Layer::text).toList(),
                    work.stream().map(Layer::text).toList(),
                    allocated);
        }

        List<Layer> all() {
            return Stream.concat(overlay.stream(), work.stream()).toList();
        }
    }

    Layers store() {
        return layers;
    }

    Flattening flattening() {
        return new Flattening(this);
    }

    Path directory(VmId id) {
        return layout.vms().resolve(id.value());
    }

    /** What a VM's disks are now. */
    public DiskChains of(VmId id) {
        try {
            return DiskChains.read(directory(id));
        } catch (IOException e) {
            throw DurableFiles.failure(directory(id), e);
        }
    }

    /** The files that a VMM must see beside its VM's directory. */
    List<Link> links(VmId id) {
        return of(id).layers()
                .map(l -> new Link(layers.file(l), l.place()))
                .distinct()
                .toList();
    }

    /** Whether copies of files on this state's file system share what they have in common. */
    private synchronized boolean copiesShare() {
        if (copiesShare == null) {
            try {
                copiesShare = Reflinks.in(layout.state());
            } catch (IOException e) {
                throw DurableFiles.failure(layout.state(), e);
            }
        }
        return copiesShare;
    }

    /**
     * Whether a copy of a VM is to be made by layers. Where the file system shares copies there is no need. Disks that no guest
     * has seen are copied: they hold nothing, and a template's may take their place.
     *
     * @param can whether its engine can have them
     */
    boolean wanted(Vm vm, boolean can) {
        // Nobody could read all of it out of a qcow2 file of a guest's, but its VMM.
        if (of(vm.id()).layered()) return true;
        return can && !WarmStart.fresh(vm) && !copiesShare();
    }

    /**
     * Made beside what a VM writes to now: what it will write to. Nothing names it.
     *
     * @param flat whether it gets less deep by that ({@link Flattening#awaitFlat})
     */
    DiskChains tops(Vm vm, boolean flat) {
        if (!flat) refuseDeeper(vm, of(vm.id()));
        return new DiskChains(top(vm, "vdb", vm.overlayBytes(), List.of()), top(vm, "vdc", vm.diskBytes(), List.of()));
    }

    /** One more file on top means one more layer below it. */
    private static void refuseDeeper(Vm vm, DiskChains now) {
        if (now.depth() < DiskChain.MOST_LAYERS) return;
        throw new BangerException(
                ErrorCode.VM_SAVE_FAILED,
                "vm " + vm.name() + ": its disks are " + now.depth() + " files deep, and that is the most",
                "banger vm start " + vm.name() + ", then again: they are merged while it runs, where there is room");
    }

    private DiskChain top(Vm vm, String drive, long size, List<Layer> below) {
        var name = drive + "."
                + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt());
        var file = directory(vm.id()).resolve(name);
        try {
            EmptyQcow2.create(file, size);
            owner.give(file);
            return new DiskChain(name, Format.QCOW2, size, below);
        } catch (IOException e) {
            throw DurableFiles.failure(file, e);
        }
    }

    /** What its disks are on, when nothing was written on top of that since. Of a VM that does not run. */
    Optional<Frozen> untouched(Vm vm) {
        var now = of(vm.id());
        try {
            for (var chain : now.both()) {
                var file = directory(vm.id()).resolve(chain.active());
                if (chain.layers().isEmpty() || !EmptyQcow2.is(file, chain.size())) return Optional.empty();
            }
            return Optional.of(Frozen.below(now));
        } catch (IOException e) {
            throw DurableFiles.failure(directory(vm.id()), e);
        }
    }

    /**
     * Makes what a VM writes to now layers, and new files what it writes to. From the moment that this returns that is so,
     * whatever becomes of its VMM: there is nothing in the new files yet.
     *
     * @param tops of {@link #tops}
     */
    DiskChains freeze(Vm vm, DiskChains tops) {
        var was = of(vm.id());
        var added = new ArrayList<Layer>();
        try {
            var is = new DiskChains(
                    over(vm, tops.overlay(), was.overlay(), added), over(vm, tops.work(), was.work(), added));
            DurableFiles.syncDirectory(directory(vm.id()));
            is.write(directory(vm.id()));
            return is;
        } catch (IOException | BangerException e) {
            // It may be in its place though it is not known to be on disk.
            putBack(vm, was);
            added.forEach(layers::drop);
            throw e instanceof IOException io ? DurableFiles.failure(directory(vm.id()), io) : (BangerException) e;
        }
    }

    private DiskChain over(Vm vm, DiskChain top, DiskChain was, List<Layer> added) throws IOException {
        var layer = layers.add(directory(vm.id()).resolve(was.active()), was.format());
        added.add(layer);
        return new DiskChain(
                top.active(),
                top.format(),
                top.size(),
                Stream.concat(Stream.of(layer), was.layers().stream()).toList());
    }

    /** Takes {@link #freeze} back, of a VM that does not write to the new files. */
    void thaw(Vm vm, DiskChains was, DiskChains is) {
        putBack(vm, was);
        // The names that its disks have in its directory are the same files.
        for (var chain : is.both()) layers.drop(chain.layers().getFirst());
        sweep(vm.id());
    }

    private void putBack(Vm vm, DiskChains was) {
        try {
            if (of(vm.id()).equals(was)) return;
            if (was.layered()) was.write(directory(vm.id()));
            else DiskChains.forget(directory(vm.id()));
        } catch (IOException e) {
            throw DurableFiles.failure(directory(vm.id()), e);
        }
    }

    /** Once nobody writes to it any more: no VMM can, from here on. Also ends what a daemon began that ended meanwhile. */
    void settle(VmId id) {
        try {
            var disks = of(id);
            sweep(id);
            for (var layer : disks.layers().toList()) if (!layers.closed(layer)) layers.close(layer);
        } catch (IOException e) {
            throw DurableFiles.failure(directory(id), e);
        }
    }

    /** Removes what a VM's disks were, or were to become, and its view of layers that it is not on. */
    void sweep(VmId id) {
        var disks = of(id);
        try (var files = Files.list(directory(id))) {
            for (var file : files.filter(f -> disks.strange(String.valueOf(f.getFileName())))
                    .toList()) Files.deleteIfExists(file);
        } catch (IOException e) {
            throw DurableFiles.failure(directory(id), e);
        }
    }

    /** @throws BangerException when something that its disks are on is not what it was */
    void refuseDamaged(Vm vm) {
        var damage = damage(Frozen.below(of(vm.id())));
        if (!damage.isEmpty()) throw damaged(vm, new IOException(damage));
    }

    /** Digests what a copied VM's disks were, for a snapshot. Returns the bytes on disk that none had before. */
    long sealed(Vm vm, Frozen frozen) {
        try {
            return layers.seal(frozen.all());
        } catch (IOException e) {
            throw damaged(vm, e);
        }
    }

    /** The first that is not what it was, with what is wrong; empty: all are. */
    String damage(Frozen frozen) {
        try {
            return layers.damage(frozen.all());
        } catch (IOException e) {
            throw DurableFiles.failure(layout.layers(), e);
        }
    }

    private static BangerException damaged(Vm vm, Exception e) {
        return new BangerException(
                        ErrorCode.SNAPSHOT_DAMAGED,
                        "vm " + vm.name() + ": a disk that it is on is damaged ("
                                + Printable.line(String.valueOf(e.getMessage())) + ")",
                        "banger snapshot list " + vm.name())
                .because(e);
    }

    /** New empty files over what another one's disks, or its own, were; durable when this returns. */
    void begin(Vm vm, Frozen below) {
        try {
            var damage = layers.damage(below.all());
            if (!damage.isEmpty()) throw damaged(vm, new IOException(damage));
            var overlay = top(vm, "vdb", vm.overlayBytes(), below.overlay());
            var work = top(vm, "vdc", vm.diskBytes(), below.work());
            DurableFiles.syncDirectory(directory(vm.id()));
            new DiskChains(overlay, work).write(directory(vm.id()));
            sweep(vm.id());
        } catch (IOException e) {
            throw DurableFiles.failure(directory(vm.id()), e);
        }
    }

    /** Its disks are {@code vdb} and {@code vdc} again, which are there, whole. */
    void forget(VmId id) {
        try {
            if (!of(id).layered()) return;
            DiskChains.forget(directory(id));
            sweep(id);
        } catch (IOException e) {
            throw DurableFiles.failure(directory(id), e);
        }
    }

    /** A bigger work disk, of a VM that does not run. */
    void grow(Vm vm, long bytes) {
        var was = of(vm.id());
        refuseDeeper(vm, was);
        var added = new ArrayList<Layer>();
        try (var _ = layers.hold()) {
            var top = top(vm, "vdc", bytes, List.of());
            var work = over(vm, top, was.work(), added);
            DurableFiles.syncDirectory(directory(vm.id()));
            new DiskChains(was.overlay(), work).write(directory(vm.id()));
            settle(vm.id());
        } catch (IOException e) {
            throw DurableFiles.failure(directory(vm.id()), e);
        }
    }

    /** Bytes on disk of what a VM's disks are on. */
    long below(VmId id) {
        return layers.allocated(of(id).layers().distinct());
    }

    /** What a person is told of them; empty: they are raw files. */
    public Optional<String> shown(VmId id) {
        DiskChains disks;
        try {
            disks = of(id);
        } catch (BangerException e) {
            // Whoever starts it learns more; the others are listed all the same.
            return Optional.of("unknown: " + Printable.line(e.fact()));
        }
        return disks.layered()
                ? Optional.of("layers (qcow2, depth " + disks.depth() + "): only QEMU runs it")
                : Optional.empty();
    }
}
