package banger.workspace.out;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Printable;
import banger.workspace.git.ObjectId;
import banger.workspace.git.Shadow;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A guest's work saved as files of the host's before it goes: one bundle with every ref, HEAD, every stash entry and
 * the work tree with what was staged, a patch to read, and repositories inside it as an archive. It needs no repository of the user's and no client to be there.
 *
 * @param bundle for {@code git fetch}, in the repository that the work came from
 * @param patch the changed files
 * @param nested archive of the repositories inside; empty: there were none
 * @param lines what was saved
 */
public record Rescue(Path bundle, Path patch, Optional<Path> nested, List<String> lines) {
    private static final String REFS = "refs/rescue/";
    private static final String STASH = "refs/stash";

    /** Commands that bring it back, typed in the repository: as branches {@code rescued/VM/…}, and files below one directory. */
    public List<String> commands(String vm) {
        var fetch =
                "git fetch " + Printable.word(bundle.toString()) + " '" + REFS + "*:refs/heads/rescued/" + vm + "/*'";
        return Stream.concat(Stream.of(fetch), nested.map(n -> "tar -xf " + Printable.word(n.toString())).stream())
                .toList();
    }

    /**
     * Saves the work of a guest that runs; empty when there is none that was not pulled.
     *
     * @param directory made when it is missing
     * @throws BangerException when not all of it could be saved; nothing of it is left then
     */
    public static Optional<Rescue> save(Guest guest, Delivered delivered, Path directory, Instant now) {
        var look = Unpulled.look(guest, delivered);
        if (look.collected().isEmpty() || !look.verdict().unpulled()) return Optional.empty();
        var collected = look.collected().get();
        if (!collected.tooLarge().isEmpty()) throw notWhole(guest, collected);
        new GuestCommits(guest, collected).fetch();
        var staged = new GuestIndex(guest, collected).tree();
        try {
            Files.createDirectories(directory);
            var name = free(directory, guest.name() + "-" + now.toString().replaceAll("[.].*|[^0-9TZ]", ""));
            var nested = collected.repositories().isEmpty()
                    ? Optional.<Path>empty()
                    : Optional.of(directory.resolve(name + ".tar"));
            if (nested.isPresent())
                write(nested.get(), file -> {
                    try (var out = Files.newOutputStream(file)) {
                        Nested.archive(guest, delivered, collected.repositories(), "rescued-" + guest.name(), out);
                    }
                });
            var rescue = new Rescue(
                    directory.resolve(name + ".bundle"),
                    directory.resolve(name + ".patch"),
                    nested,
                    look.verdict().lines());
            try {
                rescue.bundle(collected, staged);
                rescue.patch(collected);
            } catch (IOException | RuntimeException e) {
                rescue.remove(e);
                throw e;
            }
            return Optional.of(rescue);
        } catch (IOException e) {
            throw Disk.failed(directory, e);
        }
    }

    /** A name that no rescue of the same second has. */
    private static String free(Path directory, String name) {
        var free = name;
        for (int n = 2;
                Files.exists(directory.resolve(free + ".bundle")) || Files.exists(directory.resolve(free + ".tar"));
                n++) free = name + "-" + n;
        return free;
    }

    private void patch(Collected collected) throws IOException {
        var delivered = collected.delivered();
        write(patch, file -> {
            try (var out = Files.newOutputStream(file)) {
                new Differences(delivered.shadow()).patch(delivered.base(), collected.tree(), out);
            }
        });
    }

    private void remove(Exception cause) {
        try {
            Files.deleteIfExists(bundle);
            if (nested.isPresent()) Files.deleteIfExists(nested.get());
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
    }

    private static BangerException notWhole(Guest guest, Collected collected) {
        return new BangerException(
                ErrorCode.WORKSPACE_UNPULLED,
                "vm " + guest.name() + ": files over 1 GiB lie in it, which a rescue cannot hold",
                Shown.few(collected.tooLarge()));
    }

    @FunctionalInterface
    private interface Writer {
        void to(Path file) throws IOException;
    }

    /** By a temporary name, on disk before it has its own. */
    private static void write(Path file, Writer writer) throws IOException {
        var temporary = file.resolveSibling("." + file.getFileName() + ".new");
        try {
            writer.to(temporary);
            try (var channel = FileChannel.open(temporary, StandardOpenOption.READ)) {
                channel.force(true);
            }
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    private void bundle(Collected collected, Optional<ObjectId> staged) throws IOException {
        var shadow = collected.delivered().shadow();
        var refs = refs(collected, staged);
        var commands = new StringBuilder();
        for (var old :
                shadow.git().need("for-each-ref", "--format=%(refname)", REFS).lines())
            commands.append("delete ").append(old).append('\n');
        if (!commands.isEmpty())
            shadow.git().need(commands.toString().getBytes(StandardCharsets.US_ASCII), "update-ref", "--stdin");
        commands.setLength(0);
        refs.forEach((ref, id) -> commands.append("create ")
                .append(ref)
                .append(' ')
                .append(id.hex())
                .append('\n'));
        shadow.git().need(commands.toString().getBytes(StandardCharsets.UTF_8), "update-ref", "--stdin");
        write(bundle, file -> {
            var arguments = new ArrayList<>(List.of("bundle", "create", "--quiet", file.toString()));
            arguments.addAll(refs.keySet());
            if (!collected.delivered().tips().isEmpty()) arguments.add("--not");
            collected.delivered().tips().forEach(t -> arguments.add(t.hex()));
            shadow.git().need(arguments.toArray(String[]::new));
        });
    }

    /** What goes into the bundle, by the names that it has there. */
    private static Map<String, ObjectId> refs(Collected collected, Optional<ObjectId> staged) {
        var shadow = collected.delivered().shadow();
        var refs = new LinkedHashMap<String, ObjectId>();
        for (var ref : GuestCommits.unknown(collected)) {
            // The newest entry of the stash, which is told by its number too.
            if (ref.name().equals(STASH) && refs.containsValue(ref.id())) continue;
            var name = ref.name().startsWith(STASH)
                    ? REFS + "stash-"
                            + (ref.name().equals(STASH) ? "0" : ref.name().replaceAll("[^0-9]", ""))
                    : REFS + ref.name().replaceFirst("^refs/", "");
            refs.put(fits(shadow, name) ? name : REFS + "ref-" + refs.size(), ref.id());
        }
        var trees = new Trees(shadow);
        var parents = new ArrayList<ObjectId>();
        var author = Author.ofNobody(Instant.now());
        collected.head().or(() -> collected.delivered().head()).ifPresent(parents::add);
        // As git stash does: the index is the second parent.
        var head = List.copyOf(parents);
        staged.ifPresent(tree -> parents.add(trees.commit(author, tree, head, "the index\n")));
        refs.put(REFS + "uncommitted", trees.commit(author, collected.tree(), parents, "the work tree\n"));
        return refs;
    }

    private static boolean fits(Shadow shadow, String name) {
        return shadow.git().run("check-ref-format", name).ok();
    }
}
