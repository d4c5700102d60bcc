package banger.daemon.disk;

import banger.daemon.DurableFiles;
import banger.daemon.Owner;
import banger.daemon.publish.FileIdentity;
import banger.daemon.publish.OwnerSeal;
import io.avaje.jsonb.Json;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A directory of big files that are never written again, with a manifest that only this owner's daemon can have
 * written: engines trust what they load.
 */
public final class SealedParts {
    static final String MANIFEST = "manifest.json";
    private static final String SEAL = "manifest.seal";

    private SealedParts() {}

    /**
     * One file.
     *
     * @param allocated bytes on disk, holes not counted
     * @param digest of its content (see {@link SparseFiles#digest})
     * @param identity of the file when it was digested
     */
    @Json
    public record Part(String name, long size, long allocated, String digest, String identity) {}

    /**
     * Copies files into a directory, blocks of zeroes as holes, and makes them unwritable and durable.
     *
     * @param sources by the names that they get
     */
    public static List<Part> pack(Path directory, Map<String, Path> sources, Owner owner) throws IOException {
        var parts = new ArrayList<Part>();
        for (var source : new TreeMap<>(sources).entrySet()) {
            var file = directory.resolve(source.getKey());
            parts.add(closed(file, SparseFiles.pack(source.getValue(), file), owner));
        }
        return parts;
    }

    /** Makes the files that are in a directory unwritable and durable. */
    public static List<Part> adopt(Path directory, Owner owner) throws IOException {
        var parts = new ArrayList<Part>();
        try (var files = Files.list(directory)) {
            for (var file : files.sorted().toList()) {
                if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) throw new IOException(file + ": not a file");
                try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
                    channel.force(true);
                }
                parts.add(closed(file, SparseFiles.digest(file), owner));
            }
        }
        return parts;
    }

    private static Part closed(Path file, String digest, Owner owner) throws IOException {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--------"));
        owner.give(file); // an engine that maps it itself does so as that user, through a read-only mount
        return part(file, digest);
    }

    /** A file as it is now, which is not written again. */
    static Part part(Path file, String digest) throws IOException {
        var identity = FileIdentity.of(file);
        return new Part(
                String.valueOf(file.getFileName()), identity.size(), AllocatedSize.of(file), digest, identity.text());
    }

    /** The first part that is not what it was, with what is wrong; empty: all are. */
    public static String damage(Path directory, List<Part> parts) throws IOException {
        for (var part : parts) {
            var file = directory.resolve(part.name()).normalize();
            if (!directory.equals(file.getParent())) return MANIFEST + " names a file elsewhere";
            if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) return part.name() + " is gone";
            var identity = FileIdentity.of(file);
            // Read whole only when it is not the very file that was digested: it was copied, or touched.
            if (!identity.text().equals(part.identity())
                    && (identity.size() != part.size()
                            || !SparseFiles.digest(file).equals(part.digest()))) return part.name() + " changed";
        }
        return "";
    }

    /** Writes the manifest; last, because a directory that has one is whole. */
    public static void seal(Path directory, OwnerSeal seal, String subject, String manifest) throws IOException {
        var text = manifest.getBytes(StandardCharsets.UTF_8);
        DurableFiles.write(
                directory.resolve(SEAL), seal.of(subject, text).getBytes(StandardCharsets.US_ASCII), "rw-------");
        DurableFiles.write(directory.resolve(MANIFEST), text, "rw-------");
    }

    /** @throws IOException also when it is not the manifest that was written for that subject */
    public static String manifest(Path directory, OwnerSeal seal, String subject) throws IOException {
        var text = Files.readAllBytes(directory.resolve(MANIFEST));
        if (!seal.fits(Files.readString(directory.resolve(SEAL), StandardCharsets.ISO_8859_1), subject, text))
            throw new IOException(MANIFEST + " is not the one that was written");
        return new String(text, StandardCharsets.UTF_8);
    }
}
