package banger.daemon.vm;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Printable;
import banger.daemon.DurableFiles;
import banger.daemon.Owner;
import banger.daemon.ops.Both;
import banger.daemon.publish.BlockDigest;
import banger.daemon.publish.FileIdentity;
import banger.daemon.publish.OwnerSeal;
import io.avaje.json.JsonException;
import io.avaje.jsonb.Json;
import io.avaje.jsonb.Jsonb;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The memory of one suspended VM, in its directory. There is one exactly when {@code saved} is there with
 * its manifest; it is used once, because its disks go on from the moment that it runs.
 */
final class SavedState {
    private static final String MANIFEST = "manifest.json";
    private static final String SEAL = "manifest.seal";
    private static final int FORMAT = 3;

    private final String vm;
    private final Path directory;
    private final Owner owner;
    private final VmId id;
    private final OwnerSeal seal;

    SavedState(String vm, VmId id, Path directory, Owner owner, OwnerSeal seal) {
        this.vm = vm;
        this.id = id;
        this.seal = seal;
        this.directory = directory;
        this.owner = owner;
    }

    /**
     * @param engine the label of the one that saved it
     * @param key all that must be the same for it to continue, by name
     */
    @Json
    record Manifest(int format, String engine, Map<String, String> key, List<Part> parts) {}

    /** @param identity of the file when it was hashed */
    @Json
    record Part(String name, long size, String digest, String identity) {}

    private Path unfinished() {
        return directory.resolve("saved.new");
    }

    private Path used() {
        return directory.resolve("saved.used");
    }

    /** One VM's state is none for another. */
    private String subject() {
        return "saved state of vm " + id.value();
    }

    /** Where the engine finds it. */
    Path path() {
        return directory.resolve("saved");
    }

    boolean present() {
        return Files.isRegularFile(path().resolve(MANIFEST), LinkOption.NOFOLLOW_LINKS);
    }

    /** An empty directory for the engine to fill. */
    Path begin() throws IOException {
        discard();
        DurableFiles.directories(unfinished());
        owner.share(unfinished());
        return unfinished();
    }

    /** Makes what the engine wrote the saved state; it is on disk when this returns. Returns its bytes. */
    long publish(String engine, Map<String, String> key) throws IOException {
        var parts = new ArrayList<Part>();
        try (var files = Files.list(unfinished())) {
            for (var file : files.sorted().toList()) parts.add(sealed(file));
        }
        var manifest = Jsonb.instance().type(Manifest.class).toJson(new Manifest(FORMAT, engine, key, parts));
        var text = manifest.getBytes(StandardCharsets.UTF_8);
        DurableFiles.write(
                unfinished().resolve(SEAL), seal.of(subject(), text).getBytes(StandardCharsets.US_ASCII), "rw-------");
        DurableFiles.write(unfinished().resolve(MANIFEST), text, "rw-------");
        Files.move(unfinished(), path(), StandardCopyOption.ATOMIC_MOVE);
        DurableFiles.syncDirectory(directory);
        return parts.stream().mapToLong(Part::size).sum();
    }

    private static Part sealed(Path file) throws IOException {
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) throw new IOException(file + ": not a file");
        String hash;
        try {
            // The disk is busy with the one, the processors with the other.
            hash = Both.of(() -> durable(file), () -> digest(file)).second();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        var identity = FileIdentity.of(file);
        return new Part(String.valueOf(file.getFileName()), identity.size(), hash, identity.text());
    }

    private static Path durable(Path file) {
        try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
            channel.force(true);
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String digest(Path file) {
        try {
            return BlockDigest.of(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * What it is, after its files were compared with what was saved.
     *
     * @throws BangerException {@code vm.saved-unfit}
     */
    Manifest checked() {
        try {
            var text = Files.readAllBytes(path().resolve(MANIFEST));
            var mark = path().resolve(SEAL);
            if (!Files.isRegularFile(mark, LinkOption.NOFOLLOW_LINKS)
                    || !seal.fits(Files.readString(mark, StandardCharsets.ISO_8859_1), subject(), text))
                throw unfit("its saved memory is not the one that banger wrote for it");
            var manifest = Jsonb.instance().type(Manifest.class).fromJson(new String(text, StandardCharsets.UTF_8));
            if (manifest.format != FORMAT) throw unfit("its saved memory was written by another version of banger");
            for (var part : manifest.parts) {
                var file = path().resolve(part.name).normalize();
                if (!path().equals(file.getParent())) throw unfit("its saved memory is damaged (" + MANIFEST + ")");
                if (!intact(file, part)) throw unfit("its saved memory is damaged (" + part.name + ")");
            }
            return manifest;
        } catch (IOException | JsonException e) {
            throw unfit("its saved memory cannot be read (" + Printable.line(String.valueOf(e.getMessage())) + ")");
        }
    }

    /** Read whole only when it is not the very file that was hashed: it was copied, or touched. */
    private static boolean intact(Path file, Part part) throws IOException {
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) return false;
        var identity = FileIdentity.of(file);
        return identity.text().equals(part.identity)
                || (identity.size() == part.size && BlockDigest.of(file).equals(part.digest));
    }

    /** That it cannot be continued here, with the way out. */
    BangerException unfit(String why) {
        return new BangerException(
                ErrorCode.VM_SAVED_UNFIT,
                "vm " + vm + ": " + why + "; its disks are whole",
                "banger vm start --cold " + vm + " boots it anew; what was only in memory is lost");
    }

    /** Takes it out of use, durably: from here on there is only a cold start. */
    void consume() {
        try {
            Files.move(path(), used(), StandardCopyOption.ATOMIC_MOVE);
            DurableFiles.syncDirectory(directory);
        } catch (IOException e) {
            throw DurableFiles.failure(path(), e);
        }
    }

    /** Removes all there is of it; nothing there is no error. */
    void discard() {
        try {
            // First out of use, so that a crash half-way leaves nothing that looks whole.
            if (present()) Files.delete(path().resolve(MANIFEST));
        } catch (NoSuchFileException e) {
            return;
        } catch (IOException e) {
            throw DurableFiles.failure(path(), e);
        }
        for (var old : List.of(path(), unfinished(), used())) DurableFiles.removeTree(directory, old);
    }
}
