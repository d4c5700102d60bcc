package banger.daemon.template;

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
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The templates on disk, a directory each, named by the digest of its key. A directory with that name is whole: it
 * was renamed there when everything in it was durable. Removing one never hurts a VM that continued from it: what it
 * has open stays until it ends. Thread-safe.
 */
public final class TemplateStore {
    private static final Logger LOG = LoggerFactory.getLogger(TemplateStore.class);
    private static final String USED = "used";
    private static final String MAKING = ".making-";
    private static final String GONE = ".gone-";
    private static final int FORMAT = 1;
    /** Digits of a digest that are enough for people. */
    private static final int SHOWN = 12;

    /** Read: somebody loads parts of templates, one after another. Write: one is put in another's place, or goes. */
    private final ReentrantReadWriteLock changes = new ReentrantReadWriteLock();

    private final Path root;
    private final Owner owner;
    private final OwnerSeal seal;

    public TemplateStore(Path root, Owner owner, OwnerSeal seal) {
        this.root = root;
        this.owner = owner;
        this.seal = seal;
    }

    /** What is there for a key. */
    public sealed interface Lookup {
        record Found(Template template) implements Lookup {}

        record Missing() implements Lookup {}

        /** @param why which part is not what was made */
        record Damaged(String why) implements Lookup {}
    }

    /** The template of a key, its files compared with what was made. */
    public Lookup find(TemplateKey key) {
        try (var _ = hold()) {
            return looked(key);
        }
    }

    private Lookup looked(TemplateKey key) {
        var directory = root.resolve(key.digest());
        if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) return new Lookup.Missing();
        try {
            var template = read(directory);
            if (!template.manifest().key().equals(key.values()))
                return new Lookup.Damaged("manifest.json is another's");
            var damage = SealedParts.damage(directory, template.manifest().parts());
            if (!damage.isEmpty()) return new Lookup.Damaged(damage);
            return new Lookup.Found(template);
        } catch (IOException | JsonException e) {
            return new Lookup.Damaged(Printable.line(String.valueOf(e.getMessage())));
        }
    }

    private Template read(Path directory) throws IOException {
        var digest = directory.getFileName().toString();
        var manifest = Jsonb.instance()
                .type(Template.Manifest.class)
                .fromJson(SealedParts.manifest(directory, seal, subject(digest)));
        if (manifest.format() != FORMAT) throw new IOException("written by another version of banger");
        var used = directory.resolve(USED);
        var when = Files.exists(used)
                ? Files.getLastModifiedTime(used).toInstant()
                : Instant.parse(manifest.about().createdAt());
        return new Template(digest, directory, manifest, when);
    }

    private static String subject(String digest) {
        return "template " + digest;
    }

    /**
     * A directory, 0700, for a machine that is to become one.
     *
     * @param id what {@link #sweep} says of it
     */
    public Path begin(String id) {
        var directory = root.resolve(MAKING + id);
        try {
            DurableFiles.directories(directory);
            return directory;
        } catch (IOException e) {
            throw DurableFiles.failure(directory, e);
        }
    }

    /**
     * Makes what a machine left a template; an older one of the same key is replaced. It is durable when this returns.
     *
     * @param sources the file of each part, by the part's name; blocks of zeroes become holes
     */
    public Template publish(TemplateKey key, Template.About about, Map<String, Path> sources) {
        var target = root.resolve(key.digest());
        var staging = begin(Staging.randomName().substring(0, 12));
        try {
            var parts = SealedParts.pack(staging, sources, owner);
            var manifest = new Template.Manifest(FORMAT, about, key.values(), parts);
            SealedParts.seal(
                    staging,
                    seal,
                    subject(key.digest()),
                    Jsonb.instance().type(Template.Manifest.class).toJson(manifest));
            changes.writeLock().lock();
            try {
                if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) discard(target);
                Files.move(staging, target, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                changes.writeLock().unlock();
            }
            DurableFiles.syncDirectory(root);
            return read(target);
        } catch (IOException e) {
            throw DurableFiles.failure(target, e);
        } finally {
            DurableFiles.removeTree(root, staging);
        }
    }

    /** A VM continued from it. */
    public void used(Template template) {
        var file = template.directory().resolve(USED);
        try {
            if (!Files.exists(file)) Files.createFile(file);
            Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
        } catch (IOException e) {
            // It goes earlier than it should when room is needed.
            LOG.debug("{}", file, e);
        }
    }

    /** The latest used first; one that cannot be read is not among them. */
    public List<Template> list() {
        var templates = new ArrayList<Template>();
        try (var _ = hold()) {
            for (var directory : directories(name -> name.matches("[0-9a-f]{64}"))) {
                try {
                    templates.add(read(directory));
                } catch (IOException | JsonException e) {
                    LOG.warn("{}: {}", directory, e.getMessage());
                }
            }
        }
        templates.sort(Comparator.comparing(Template::usedAt).reversed());
        return templates;
    }

    /** Those that have to go, the longest unused first, so that the others take no more than this many bytes. */
    public List<Template> beyond(long budget) {
        var going = new ArrayList<Template>();
        long sum = 0;
        for (var template : list()) {
            sum += template.allocated();
            if (sum > budget) going.addFirst(template);
        }
        return going;
    }

    /** Removes what is there under this name, whole or not; nothing there is no error. */
    public void remove(String digest) {
        var directory = root.resolve(digest);
        changes.writeLock().lock();
        try {
            if (Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) discard(directory);
        } finally {
            changes.writeLock().unlock();
        }
    }

    /** Until it ends no template goes, nor is put in another's place; the same thread ends it. */
    public Hold hold() {
        changes.readLock().lock();
        return changes.readLock()::unlock;
    }

    /** Parts that are opened one after another are of one template. */
    public interface Hold extends AutoCloseable {
        @Override
        void close();
    }

    /** First out of sight, so that nobody begins with half of it. */
    private void discard(Path directory) {
        var gone = root.resolve(GONE + Staging.randomName().substring(0, 12));
        try {
            Files.move(directory, gone, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw DurableFiles.failure(directory, e);
        }
        DurableFiles.removeTree(root, gone);
    }

    /** Removes a directory of {@link #begin}. */
    public void abandon(Path making) {
        DurableFiles.removeTree(root, making);
    }

    /**
     * Removes what a daemon that ended left unfinished.
     *
     * @param end ends whatever still works in such a directory, and what its id stands for
     */
    public void sweep(BiConsumer<Path, String> end) {
        for (var left : directories(n -> n.startsWith(MAKING) || n.startsWith(GONE))) {
            var name = left.getFileName().toString();
            if (name.startsWith(MAKING)) end.accept(left, name.substring(MAKING.length()));
            try {
                DurableFiles.removeTree(root, left);
            } catch (BangerException e) {
                LOG.warn("{}: {}", left, e.fact());
            }
        }
    }

    private List<Path> directories(Predicate<String> wanted) {
        if (!Files.isDirectory(root)) return List.of();
        try (Stream<Path> entries = Files.list(root)) {
            return entries.filter(p -> wanted.test(String.valueOf(p.getFileName())))
                    .toList();
        } catch (IOException e) {
            throw DurableFiles.failure(root, e);
        }
    }

    /** Those that a person may mean by the beginning of a name, at least four digits of it. */
    public List<Template> beginning(String prefix) {
        if (!prefix.matches("[0-9a-f]{4,64}")) return List.of();
        return list().stream().filter(t -> t.digest().startsWith(prefix)).toList();
    }

    /**
     * The one that a person means by the beginning of its name.
     *
     * @param word for what is in this store
     * @param listing the command that shows them
     * @throws BangerException with the code, also when it is the beginning of more than one
     */
    public Template require(String prefix, String word, String listing, ErrorCode missing) {
        var fitting = beginning(prefix);
        if (fitting.size() == 1) return fitting.getFirst();
        if (fitting.size() > 1)
            throw new BangerException(
                    missing,
                    Printable.quote(prefix) + ": more than one " + word + " begins with it",
                    "more of its digest: "
                            + fitting.stream()
                                    .map(t -> t.digest().substring(0, SHOWN))
                                    .collect(Collectors.joining(", ")));
        throw new BangerException(
                missing,
                "no " + word + " " + Printable.quote(prefix),
                listing + "; a beginning of its digest will do, at least four digits");
    }
}
