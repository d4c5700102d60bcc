package banger.daemon.image;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.daemon.debian.DebianMirror;
import banger.daemon.process.CommandRunner;
import banger.daemon.progress.Progress;
import banger.daemon.publish.ByteSize;
import banger.daemon.publish.Existing;
import banger.daemon.publish.Failures;
import banger.daemon.publish.SingleFlight;
import banger.daemon.publish.Users;
import banger.daemon.store.Database;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/**
 * The images of this machine: built or registered once, named in the database; managed ones are kept by
 * digest below one directory. Thread-safe; work on one name is done once however many ask for it.
 */
public final class Images {
    private final ImageFiles files;
    private final ImageRecords records;
    private final RecipeBuild recipes;
    private final Catalog catalog;
    private final Users users;
    private final SingleFlight<Image> flights = new SingleFlight<>();

    /**
     * @param directory {@code $STATE/images}
     * @param cache {@code $CACHE/…}: downloads for builds, deletable at any time
     * @param work where temporary directories are made, {@code /var/tmp}: reachable for other users, and
     *     better on the same file system as {@code directory}
     * @param users which VMs pin a digest
     */
    public Images(
            Path directory,
            Path cache,
            Path work,
            Database database,
            CommandRunner runner,
            DebianMirror mirror,
            Catalog catalog,
            Users users) {
        this.files = new ImageFiles(directory, database);
        this.records = new ImageRecords(database);
        this.recipes = new RecipeBuild(runner, mirror, cache, work);
        this.catalog = catalog;
        this.users = users;
    }

    /**
     * An image that is here when this returns; built when the catalog has one of this name.
     *
     * @throws BangerException {@code image.not-found}, {@code image.build-failed}, {@code image.changed}
     */
    public Image ensure(String name, Progress progress) {
        ImageName.checked(name);
        var image = records.find(name).orElseGet(() -> {
            var recipe = recipe(name);
            return flights.run(
                    "image " + name, progress, p -> records.find(name).orElseGet(() -> build(recipe, p)));
        });
        return files.checked(image);
    }

    /** The image a VM pins, whatever its name stands for by now. */
    public Image byDigest(String digest) {
        if (!digest.matches("[0-9a-f]{64}")) throw new IllegalArgumentException("digest " + digest);
        var named = records.withDigest(digest);
        return files.checked(named.isEmpty() ? files.unnamed(digest) : named.getFirst());
    }

    /** Builds anew; VMs that exist keep the image they have. */
    public Image pull(String name, Existing existing, Progress progress) {
        ImageName.checked(name);
        var recipe = recipe(name);
        if (existing == Existing.KEEP && records.find(name).isPresent())
            throw new BangerException(
                    ErrorCode.IMAGE_EXISTS,
                    "image " + name + ": already here",
                    "banger image pull --force " + name + " builds it anew");
        return files.checked(flights.run("image " + name, progress, p -> build(recipe, p)));
    }

    /**
     * Takes a file of the user's as an image, where it is; the same name again takes the file as it is now.
     *
     * @param rootfs absolute
     */
    public Image register(String name, Path rootfs, Progress progress) {
        ImageName.checked(name);
        if (!rootfs.isAbsolute())
            throw new BangerException(ErrorCode.USAGE, "image " + name + ": " + rootfs + " is not an absolute path");
        return flights.run("register " + name, progress, p -> {
            var before = records.find(name);
            if (before.filter(Image::managed).isPresent())
                throw new BangerException(
                        ErrorCode.IMAGE_EXISTS,
                        "image " + name + ": already here, and not a registered one",
                        "choose another name, or banger image delete " + name);
            try {
                p.doing("image " + name, "hashing", 0, 0);
                var image = files.registered(name, rootfs.normalize(), now());
                records.put(image);
                return image;
            } catch (IOException e) {
                throw Failures.of("image " + name, e);
            }
        });
    }

    /** Copies a registered image into a place of ours, so that it no longer depends on the user's file. */
    public Image promote(String name, Progress progress) {
        return flights.run("promote " + show(name).name(), progress, p -> {
            var image = show(name);
            if (image.managed()) return image;
            long start = System.nanoTime();
            try {
                p.doing("image " + name, "copying", 0, 0);
                var promoted = files.promoted(image);
                records.put(promoted);
                p.done("image " + name, "copied " + ByteSize.text(promoted.size()), millisSince(start));
                return promoted;
            } catch (IOException e) {
                throw Failures.of("image " + name, e);
            }
        });
    }

    public List<Image> list() {
        return records.all();
    }

    /** What could be built. */
    public List<Recipe> available() {
        return catalog.recipes();
    }

    public Image show(String name) {
        ImageName.checked(name);
        return records.find(name)
                .orElseThrow(() ->
                        new BangerException(ErrorCode.IMAGE_NOT_FOUND, "no image named " + name, "banger image list"));
    }

    /**
     * Forgets a name; a managed image goes from the disk with its last one.
     *
     * @throws BangerException {@code image.in-use} with the VMs that need it
     */
    public void delete(String name) {
        var image = show(name);
        var vms = users.of(image.digest());
        if (!vms.isEmpty() && records.withDigest(image.digest()).size() == 1)
            throw new BangerException(
                    ErrorCode.IMAGE_IN_USE,
                    "image " + name + ": used by " + String.join(", ", vms),
                    "banger vm delete " + String.join(" ", vms));
        records.delete(name);
        discardUnused(image.digest());
    }

    /** Hashes every image, whatever its file looks like from outside; names those that are not what they were. */
    public List<String> deepCheck() {
        return records.all().stream()
                .filter(image -> !files.intactDeep(image))
                .map(Image::name)
                .toList();
    }

    /** Removes what a crash left, and images that neither a name nor a VM needs; for the daemon's start. */
    public void sweep() {
        try {
            recipes.sweep();
            files.sweep();
            for (var digest : files.digests()) discardUnused(digest);
        } catch (IOException e) {
            throw Failures.of("images", e);
        }
    }

    private void discardUnused(String digest) {
        if (records.withDigest(digest).stream().anyMatch(Image::managed)
                || !users.of(digest).isEmpty()) return;
        try {
            files.discard(digest);
        } catch (IOException e) {
            throw Failures.of("image " + digest.substring(0, 12), e);
        }
    }

    private Image build(Recipe recipe, Progress progress) {
        var object = "image " + recipe.name();
        long start = System.nanoTime();
        try (var staged = files.stage()) {
            var built = recipes.build(recipe, staged.file(), progress);
            progress.doing(object, "hashing", 0, 0);
            var before = records.find(recipe.name());
            var image = staged.publish(recipe.name(), "recipe " + recipe.name(), now());
            records.put(image);
            before.filter(b -> !b.digest().equals(image.digest())).ifPresent(b -> discardUnused(b.digest()));
            progress.done(
                    object,
                    "built from " + built.packages() + " Debian packages, " + ByteSize.text(image.size()),
                    millisSince(start));
            return image;
        } catch (IOException e) {
            throw Failures.of(object, e);
        }
    }

    private Recipe recipe(String name) {
        return catalog.find(name)
                .orElseThrow(() -> new BangerException(
                        ErrorCode.IMAGE_NOT_FOUND,
                        "no image named " + name,
                        "to build: "
                                + String.join(
                                        ", ",
                                        catalog.recipes().stream()
                                                .map(Recipe::name)
                                                .toList()),
                        "banger image list"));
    }

    private static Instant now() {
        return Instant.now().truncatedTo(ChronoUnit.MILLIS);
    }

    private static long millisSince(long start) {
        return (System.nanoTime() - start) / 1_000_000;
    }
}
