package banger.daemon.disk;

import banger.api.BangerException;
import banger.daemon.DurableFiles;
import banger.daemon.Owner;
import banger.daemon.disk.DiskChain.Format;
import banger.daemon.disk.DiskChain.Layer;
import banger.daemon.publish.OwnerSeal;
import banger.daemon.publish.Staging;
import io.avaje.json.JsonException;
import io.avaje.jsonb.Jsonb;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Disks of VMs that never change any more: {@code ID/disk.FORMAT}, and beside it what it was when it was digested, sealed. Many
 * VMs and snapshots may be on one; it goes when none names it. Thread-safe.
 */
public final class Layers {
    private static final Logger LOG = LoggerFactory.getLogger(Layers.class);
    private static final Pattern ID = Pattern.compile("(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])");

    private final Path root;
    private final Owner owner;
    private final OwnerSeal seal;
    private final Supplier<List<Path>> namers;
    private final ReentrantLock lock = new ReentrantLock();
    /** How many have layers that no file names yet, or that they are about to name. */
    private int holders;

    private boolean sweepLater;

    /** @param namers the files that name those which are needed */
    public Layers(Path root, Owner owner, OwnerSeal seal, Supplier<List<Path>> namers) {
        this.root = root;
        this.owner = owner;
        this.seal = seal;
        this.namers = namers;
    }

    /** While one is open no layer goes. */
    public interface Hold extends AutoCloseable {
        @Override
        void close();
    }

    public Hold hold() {
        lock.lock();
        try {
            holders++;
        } finally {
            lock.unlock();
        }
        return this::release;
    }

    private void release() {
        lock.lock();
        try {
            holders--;
            if (holders == 0 && sweepLater) sweep();
        } finally {
            lock.unlock();
        }
    }

    private Path directory(Layer layer) {
        return root.resolve(layer.id());
    }

    public Path file(Layer layer) {
        return directory(layer).resolve(name(layer));
    }

    private static String name(Layer layer) {
        return "disk." + layer.format().word();
    }

    /**
     * Makes a disk a layer: another name for it, durable when this returns. The caller holds, and sees to it that nobody writes
     * to it.
     */
    public Layer add(Path disk, Format format) throws IOException {
        var layer = new Layer(Staging.randomName(), format);
        DurableFiles.directories(directory(layer));
        // Not what a link that a VMM put there leads to: a link is linked as such.
        Files.createLink(file(layer), disk);
        if (!Files.isRegularFile(file(layer), LinkOption.NOFOLLOW_LINKS)) {
            drop(layer);
            throw new IOException(disk + ": not a file");
        }
        DurableFiles.syncDirectory(directory(layer));
        DurableFiles.syncDirectory(root);
        return layer;
    }

    /** Takes {@link #add} back: its disk is the VMM's again. */
    public void drop(Layer layer) {
        DurableFiles.removeTree(root, directory(layer));
    }

    /** From here on no VMM can write to it: it may have been one's own. */
    public void close(Layer layer) throws IOException {
        owner.lend(file(layer));
    }

    /** Whether {@link #close} was said of it; true also when it is gone. */
    public boolean closed(Layer layer) throws IOException {
        return Files.notExists(file(layer), LinkOption.NOFOLLOW_LINKS) || owner.lent(file(layer));
    }

    /**
     * Digests those that never were; the others must still be what they were.
     *
     * @return bytes on disk of those that it digested
     * @throws IOException when one is not what it was
     */
    public long seal(List<Layer> all) throws IOException {
        var damage = damage(all);
        if (!damage.isEmpty()) throw new IOException(damage);
        long fresh = 0;
        for (var layer : all) if (!hasManifest(layer)) fresh += sealed(layer);
        return fresh;
    }

    private long sealed(Layer layer) throws IOException {
        if (!closed(layer)) close(layer);
        try (var channel = FileChannel.open(file(layer), StandardOpenOption.READ)) {
            channel.force(true);
        }
        var part = SealedParts.part(file(layer), SparseFiles.digest(file(layer)));
        write(layer, part);
        return part.allocated();
    }

    private void write(Layer layer, SealedParts.Part part) throws IOException {
        SealedParts.seal(
                directory(layer),
                seal,
                subject(layer),
                Jsonb.instance().type(SealedParts.Part.class).toJson(part));
    }

    private boolean hasManifest(Layer layer) {
        return Files.exists(directory(layer).resolve(SealedParts.MANIFEST), LinkOption.NOFOLLOW_LINKS);
    }

    private static String subject(Layer layer) {
        return "layer " + layer.text();
    }

    private SealedParts.Part manifest(Layer layer) throws IOException {
        return Jsonb.instance()
                .type(SealedParts.Part.class)
                .fromJson(SealedParts.manifest(directory(layer), seal, subject(layer)));
    }

    /** The first that is not what it was when it was digested, with what is wrong; empty: all are. */
    public String damage(List<Layer> layers) throws IOException {
        for (var layer : layers) {
            if (!Files.isRegularFile(file(layer), LinkOption.NOFOLLOW_LINKS))
                return "layer " + layer.text() + " is gone";
            if (!hasManifest(layer)) continue;
            SealedParts.Part was;
            try {
                was = manifest(layer);
            } catch (IOException | JsonException e) {
                return "layer " + layer.text() + ": " + e.getMessage();
            }
            var damage = SealedParts.damage(directory(layer), List.of(was));
            if (!damage.isEmpty()) return "layer " + layer.text() + ": " + damage;
            // It was read whole: not each time from now on.
            var is = SealedParts.part(file(layer), was.digest());
            if (!is.identity().equals(was.identity())) write(layer, is);
        }
        return "";
    }

    /** Bytes on disk; one that is not there has none. */
    public long allocated(Stream<Layer> layers) {
        return layers.mapToLong(layer -> {
                    try {
                        return AllocatedSize.of(file(layer));
                    } catch (IOException e) {
                        return 0;
                    }
                })
                .sum();
    }

    /** Removes those that no file names; later, while somebody holds them. */
    public void sweep() {
        lock.lock();
        try {
            sweepLater = holders > 0;
            if (sweepLater || !Files.isDirectory(root)) return;
            var named = named();
            try (var entries = Files.list(root)) {
                for (var entry : entries.toList())
                    if (!named.contains(String.valueOf(entry.getFileName()))) {
                        LOG.info("{}: nobody needs it any more", entry);
                        DurableFiles.removeTree(root, entry);
                    }
            }
        } catch (IOException | BangerException e) {
            // What may be needed stays.
            LOG.warn("{}: not looked through for what nobody needs", root, e);
        } finally {
            lock.unlock();
        }
    }

    /** Whatever else is in those files, and whether or not it is damaged. */
    private Set<String> named() throws IOException {
        var named = new HashSet<String>();
        for (var file : namers.get()) {
            try {
                var matcher = ID.matcher(Files.readString(file, StandardCharsets.ISO_8859_1));
                while (matcher.find()) named.add(matcher.group());
            } catch (NoSuchFileException e) {
                LOG.debug("{}: gone meanwhile", file);
            }
        }
        return named;
    }
}
