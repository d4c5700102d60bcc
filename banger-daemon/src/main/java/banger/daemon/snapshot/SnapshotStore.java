package banger.daemon.snapshot;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Printable;
import banger.daemon.DurableFiles;
import banger.daemon.Owner;
import banger.daemon.disk.SealedParts;
import banger.daemon.publish.OwnerSeal;
import banger.daemon.publish.Staging;
import io.avaje.json.JsonException;
import io.avaje.jsonb.Jsonb;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The snapshots of VMs: {@code VM/NUMBER}, a directory each, whole when it has that name. They go with their VM. One
 * VM's are changed by one operation at a time.
 */
public final class SnapshotStore {
    private static final Logger LOG = LoggerFactory.getLogger(SnapshotStore.class);
    private static final String UNFINISHED = ".making-";
    private static final int FORMAT = 1;
    /** Of one whose disks are layers: nothing for a banger that knows none. */
    private static final int LAYERED_FORMAT = 2;

    private final Path root;
    private final Owner owner;
    private final OwnerSeal seal;

    public SnapshotStore(Path root, Owner owner, OwnerSeal seal) {
        this.root = root;
        this.owner = owner;
        this.seal = seal;
    }

    private Path of(String vm) {
        return root.resolve(vm);
    }

    private static String subject(String vm, int number) {
        return "snapshot " + number + " of vm " + vm;
    }

    /** In the order they were made; one that cannot be read is not among them. */
    public List<Snapshot> list(String vm) {
        if (!Files.isDirectory(of(vm))) return List.of();
        var found = new ArrayList<Snapshot>();
        try (var entries = Files.list(of(vm))) {
            for (var entry : entries.toList()) {
                var name = String.valueOf(entry.getFileName());
                if (!name.matches("[1-9][0-9]{0,8}")) continue;
                try {
                    found.add(read(entry, vm, Integer.parseInt(name)));
                } catch (IOException | JsonException e) {
                    LOG.warn("{}: {}", entry, e.getMessage());
                }
            }
        } catch (IOException e) {
            throw DurableFiles.failure(of(vm), e);
        }
        found.sort(Comparator.comparing(Snapshot::number));
        return found;
    }

    private Snapshot read(Path directory, String vm, int number) throws IOException {
        var manifest = Jsonb.instance()
                .type(Snapshot.Manifest.class)
                .fromJson(SealedParts.manifest(directory, seal, subject(vm, number)));
        if (manifest.format() != (manifest.disks() == null ? FORMAT : LAYERED_FORMAT))
            throw new IOException("written by another version of banger");
        return new Snapshot(directory, manifest);
    }

    /**
     * The one that a person means, damaged or not.
     *
     * @param reference its number or its label; of several with this label the latest
     * @throws BangerException {@code snapshot.not-found}
     */
    public Snapshot find(String vm, String name, String reference) {
        var all = list(vm);
        return all.stream()
                .filter(s -> reference.equals(Integer.toString(s.number()))
                        || reference.equals(s.manifest().label()))
                .reduce((a, b) -> b)
                .orElseThrow(() -> new BangerException(
                        ErrorCode.SNAPSHOT_NOT_FOUND,
                        "vm " + name + ": no snapshot " + Printable.quote(reference),
                        all.isEmpty() ? "banger vm snapshot " + name : "banger snapshot list " + name));
    }

    /**
     * The same, its files compared with what was made.
     *
     * @throws BangerException {@code snapshot.not-found}, {@code snapshot.damaged}
     */
    public Snapshot require(String vm, String name, String reference) {
        var found = find(vm, name, reference);
        try {
            var damage = SealedParts.damage(found.directory(), found.manifest().parts());
            if (damage.isEmpty()) return found;
            throw new BangerException(
                    ErrorCode.SNAPSHOT_DAMAGED,
                    "vm " + name + ": snapshot " + found.number() + " is damaged (" + damage + ")",
                    "banger snapshot rm " + name + " " + found.number());
        } catch (IOException e) {
            throw DurableFiles.failure(found.directory(), e);
        }
    }

    /** A directory for the files of one that is being made. */
    public Path begin(String vm) {
        var directory = of(vm).resolve(UNFINISHED + Staging.randomName().substring(0, 12));
        try {
            DurableFiles.directories(directory);
            return directory;
        } catch (IOException e) {
            throw DurableFiles.failure(directory, e);
        }
    }

    /**
     * Makes a directory of {@link #begin} a snapshot, the next of its VM, with all that is in it; durable when it
     * returns.
     *
     * @param disks that are layers, and not in it
     * @param manifest of its number and its parts
     */
    public Snapshot publish(
            String vm, Path staging, Optional<Snapshot.Disks> disks, Function<Numbered, Snapshot.Manifest> manifest) {
        try {
            var parts = SealedParts.adopt(staging, owner);
            int number = list(vm).stream().mapToInt(Snapshot::number).max().orElse(0) + 1;
            while (Files.exists(of(vm).resolve(Integer.toString(number)), LinkOption.NOFOLLOW_LINKS)) number++;
            var made = manifest.apply(
                    new Numbered(disks.isPresent() ? LAYERED_FORMAT : FORMAT, number, parts, disks.orElse(null)));
            SealedParts.seal(
                    staging,
                    seal,
                    subject(vm, number),
                    Jsonb.instance().type(Snapshot.Manifest.class).toJson(made));
            var target = of(vm).resolve(Integer.toString(number));
            Files.move(staging, target, StandardCopyOption.ATOMIC_MOVE);
            DurableFiles.syncDirectory(of(vm));
            return new Snapshot(target, made);
        } catch (IOException e) {
            throw DurableFiles.failure(of(vm), e);
        }
    }

    /** What the store knows of a snapshot that is being made. */
    public record Numbered(int format, int number, List<SealedParts.Part> parts, Snapshot.@Nullable Disks disks) {}

    /** Removes a directory of {@link #begin}. */
    public void abandon(String vm, Path directory) {
        DurableFiles.removeTree(of(vm), directory);
    }

    public void remove(String vm, Snapshot snapshot) {
        var gone = of(vm).resolve(UNFINISHED + Staging.randomName().substring(0, 12));
        try {
            // First out of sight, so that nobody begins with half of it.
            Files.move(snapshot.directory(), gone, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw DurableFiles.failure(snapshot.directory(), e);
        }
        DurableFiles.removeTree(of(vm), gone);
    }

    /** Removes all of a VM; nothing there is no error. */
    public void removeAll(String vm) {
        DurableFiles.removeTree(root, of(vm));
    }

    /** Removes what a daemon that ended left unfinished, and the snapshots of VMs that are no more. */
    public void sweep(Predicate<String> known) {
        if (!Files.isDirectory(root)) return;
        try (var vms = Files.list(root)) {
            for (var vm : vms.toList()) {
                if (!known.test(String.valueOf(vm.getFileName()))) {
                    DurableFiles.removeTree(root, vm);
                    continue;
                }
                try (var entries = Files.list(vm)) {
                    for (var left : entries.filter(
                                    e -> String.valueOf(e.getFileName()).startsWith(UNFINISHED))
                            .toList()) DurableFiles.removeTree(vm, left);
                }
            }
        } catch (IOException e) {
            throw DurableFiles.failure(root, e);
        }
    }
}
