package banger.daemon.image;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.daemon.publish.PublishedFiles;
import banger.daemon.publish.Sha256;
import banger.daemon.publish.Staging;
import banger.daemon.store.Database;
import io.avaje.jsonb.Jsonb;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

/** The files behind images: staged, published by digest, checked before use. */
final class ImageFiles {
    private static final String ROOTFS = "rootfs.ext4";
    private static final String MANIFEST = "manifest.json";
    private static final String EXT4 = "ext4";

    private final Path directory;
    private final PublishedFiles published;

    ImageFiles(Path directory, Database database) {
        this.directory = directory;
        this.published = new PublishedFiles(database);
    }

    /** An image being made. */
    final class Staged implements AutoCloseable {
        private final Staging staging;

        private Staged(Staging staging) {
            this.staging = staging;
        }

        /** Where it is to be written. */
        Path file() {
            return staging.directory().resolve(ROOTFS);
        }

        Image publish(String name, String source, Instant createdAt) throws IOException {
            return publish(name, source, createdAt, Sha256.of(file()));
        }

        Image publish(String name, String source, Instant createdAt, String sha256) throws IOException {
            Ext4.check("image " + name, file());
            var size = Files.size(file());
            var manifest = new ImageManifest(ImageManifest.FORMAT, name, source, EXT4, sha256, size);
            Files.writeString(
                    staging.directory().resolve(MANIFEST),
                    Jsonb.instance().type(ImageManifest.class).toJsonPretty(manifest));
            var place = staging.publish(sha256, there -> published.intact(there.resolve(ROOTFS), sha256))
                    .resolve(ROOTFS);
            published.published(place, sha256);
            return new Image(name, sha256, true, place, EXT4, size, source, createdAt);
        }

        @Override
        public void close() {
            staging.close();
        }
    }

    Staged stage() throws IOException {
        return new Staged(Staging.below(directory));
    }

    /** Looks at a file of the user's and remembers what it is. */
    Image registered(String name, Path rootfs, Instant now) throws IOException {
        Ext4.check("image " + name, rootfs);
        var sha256 = Sha256.of(rootfs);
        published.published(rootfs, sha256);
        return new Image(name, sha256, false, rootfs, EXT4, Files.size(rootfs), "registered " + rootfs, now);
    }

    /** The same image with a copy of its file in our place. */
    Image promoted(Image image) throws IOException {
        try (var staged = stage()) {
            var digest = Sha256.newDigest();
            SparseCopy.copy(image.path(), staged.file(), digest);
            var sha256 = Sha256.hex(digest);
            if (!sha256.equals(image.digest())) throw changed(image);
            return staged.publish(image.name(), "promoted " + image.path(), image.createdAt(), sha256);
        }
    }

    /** The image itself when its file still has the bytes it is known by. */
    Image checked(Image image) {
        if (published.intact(image.path(), image.digest())) return image;
        throw changed(image);
    }

    /** Whether its file, read whole, still has the bytes it is known by. */
    boolean intactDeep(Image image) {
        return published.intactDeep(image.path(), image.digest());
    }

    /** A managed image no name stands for any more, but some VM still pins. */
    Image unnamed(String digest) {
        var file = directory.resolve(digest).resolve(ROOTFS);
        try {
            return new Image("(replaced)", digest, true, file, EXT4, Files.size(file), "", Instant.EPOCH);
        } catch (IOException e) {
            throw new BangerException(
                            ErrorCode.IMAGE_NOT_FOUND,
                            "image " + digest.substring(0, Math.min(12, digest.length())) + ": no longer here")
                    .because(e);
        }
    }

    void discard(String digest) throws IOException {
        var place = directory.resolve(digest);
        Staging.delete(place);
        published.forget(place.resolve(ROOTFS));
    }

    void sweep() throws IOException {
        Staging.sweep(directory);
    }

    /** What is there, named or not. */
    List<String> digests() throws IOException {
        if (!Files.isDirectory(directory)) return List.of();
        try (var entries = Files.list(directory)) {
            return entries.map(e -> e.getFileName().toString())
                    .filter(n -> n.matches("[0-9a-f]{64}"))
                    .toList();
        }
    }

    private static BangerException changed(Image image) {
        var what = Files.exists(image.path())
                ? image.path() + " is no longer the file it was"
                : image.path() + " is no longer there";
        if (image.managed())
            return new BangerException(
                    ErrorCode.IMAGE_CHANGED,
                    "image " + image.name() + ": " + what,
                    "banger image pull --force " + image.name() + "; VMs that were made from it cannot be started");
        return new BangerException(
                ErrorCode.IMAGE_CHANGED,
                "image " + image.name() + ": " + what + "; VMs made from it would be corrupted",
                "put the old file back, or banger image register --name " + image.name() + " --rootfs " + image.path()
                        + " for new VMs");
    }
}
