package banger.workspace.out;

import banger.api.BangerException;
import banger.api.ErrorCode;
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

/**
 * A guest's work saved as files of the host's before it goes: one bundle with every ref, HEAD, every stash entry and
 * the work tree, and a patch to read. It needs no repository of the user's and no client to be there.
 *
 * @param bundle for {@code git fetch}, in the repository that the work came from
 * @param patch the changed files
 * @param lines what was saved
 */
public record Rescue(Path bundle, Path patch, List<String> lines) {
    private static final String REFS = "refs/rescue/";
    private static final String STASH = "refs/stash";

    /** The command that brings it back as branches {@code rescued/VM/…}. */
    public String command(String vm) {
        return "git fetch " + bundle + " '" + REFS + "*:refs/heads/rescued/" + vm + "/*'";
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
        if (!collected.whole()) throw notWhole(guest, collected);
        new GuestCommits(guest, collected).fetch();
        var name = guest.name() + "-" + now.toString().replaceAll("[.].*|[^0-9TZ]", "");
        var rescue = new Rescue(
                directory.resolve(name + ".bundle"),
                directory.resolve(name + ".patch"),
                look.verdict().lines());
        try {
            Files.createDirectories(directory);
            rescue.bundle(collected);
            var differences = new Differences(delivered.shadow());
            write(rescue.patch, file -> {
                try (var out = Files.newOutputStream(file)) {
                    differences.patch(delivered.base(), collected.tree(), out);
                }
            });
            return Optional.of(rescue);
        } catch (IOException e) {
            throw Disk.failed(directory, e);
        }
    }

    private static BangerException notWhole(Guest guest, Collected collected) {
        var left = new ArrayList<>(collected.repositories());
        left.addAll(collected.tooLarge());
        return new BangerException(
                ErrorCode.WORKSPACE_UNPULLED,
                "vm " + guest.name() + ": what a rescue cannot hold lies in it: repositories inside the work tree, or"
                        + " files over 1 GiB",
                Shown.few(left));
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

    private void bundle(Collected collected) throws IOException {
        var shadow = collected.delivered().shadow();
        var refs = refs(collected);
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
    private static Map<String, ObjectId> refs(Collected collected) {
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
        collected.head().or(() -> collected.delivered().head()).ifPresent(parents::add);
        refs.put(
                REFS + "uncommitted",
                trees.commit(Author.ofNobody(Instant.now()), collected.tree(), parents, "the work tree\n"));
        return refs;
    }

    private static boolean fits(Shadow shadow, String name) {
        return shadow.git().run("check-ref-format", name).ok();
    }
}
