package banger.workspace.out;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.workspace.git.Git;
import banger.workspace.git.Shadow;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Objects of a guest whose image has no git: its loose objects and packs as they lie there, next to the shadow
 * repository, and packed here. Nothing of it counts before the pack has passed the same checks as one that a git in
 * the guest made.
 */
final class ObjectFiles implements AutoCloseable {
    private static final String OBJECTS = ".git/objects";
    private static final Pattern DIRECTORY = Pattern.compile(OBJECTS + "/[0-9a-f]{2}");
    private static final Pattern LOOSE = Pattern.compile(OBJECTS + "/([0-9a-f]{2})/([0-9a-f]{38}|[0-9a-f]{62})");
    private static final Pattern PACK = Pattern.compile(OBJECTS + "/pack/(pack-[0-9a-f]{40,64}[.]pack)");
    private static final int MOST_LOOSE = 1_000_000;

    private final Guest guest;
    private final GitFiles files;
    private final Shadow shadow;
    private final Path objects;
    private final Git git;
    private long left = Quarantine.LARGEST_PACK;

    private ObjectFiles(Guest guest, Delivered delivered, Path objects) {
        this.guest = guest;
        this.files = new GitFiles(guest, delivered);
        this.shadow = delivered.shadow();
        this.objects = objects;
        this.git = shadow.git().with("GIT_OBJECT_DIRECTORY", objects.toString());
    }

    /** Takes what the shadow repository does not have. */
    static ObjectFiles take(Guest guest, Delivered delivered) {
        var taken = new ObjectFiles(guest, delivered, Quarantine.directory(delivered.shadow()));
        try {
            taken.take();
            return taken;
        } catch (RuntimeException e) {
            taken.close();
            throw e;
        }
    }

    private void take() {
        var names = files.names(List.of(OBJECTS));
        var directories = names.stream()
                .filter(n -> DIRECTORY.matcher(n).matches())
                .sorted()
                .toList();
        var loose = files.names(directories).stream()
                .filter(n -> LOOSE.matcher(n).matches())
                .distinct()
                .toList();
        if (loose.size() > MOST_LOOSE) throw refused("more than " + MOST_LOOSE + " loose objects");
        files.each(lacking(loose), (name, file) -> loose(name, file.content()));
        var packs = files.names(List.of(OBJECTS + "/pack")).stream()
                .filter(n -> PACK.matcher(n).matches())
                .filter(n ->
                        !Files.exists(shadow.gitDir().resolve("objects/pack").resolve(packName(n))))
                .distinct()
                .toList();
        files.each(packs, (_, file) -> pack(file.content()));
    }

    private static String packName(String name) {
        var matcher = PACK.matcher(name);
        if (!matcher.matches()) throw new IllegalArgumentException(name);
        return matcher.group(1);
    }

    private static String id(String name) {
        return name.substring(OBJECTS.length() + 1).replace("/", "");
    }

    private List<String> lacking(List<String> names) {
        if (names.isEmpty()) return List.of();
        var asked = new StringBuilder();
        for (var name : names) asked.append(id(name)).append('\n');
        var missing = new HashSet<String>();
        for (var line : shadow.git()
                .need(asked.toString().getBytes(StandardCharsets.US_ASCII), "cat-file", "--batch-check=%(objecttype)")
                .lines()) if (line.endsWith(" missing")) missing.add(line.substring(0, line.indexOf(' ')));
        return names.stream().filter(n -> missing.contains(id(n))).toList();
    }

    private void loose(String name, InputStream content) throws IOException {
        var file = objects.resolve(name.substring(OBJECTS.length() + 1));
        Files.createDirectories(file.resolveSibling(""));
        try (var out = Files.newOutputStream(file)) {
            var buffer = new byte[1 << 16];
            for (int n; (n = content.read(buffer)) >= 0; ) {
                left -= n;
                if (left < 0) throw tooMuch();
                out.write(buffer, 0, n);
            }
        }
    }

    private void pack(InputStream content) {
        var taken = git.run(content::transferTo, "index-pack", "--stdin", "--max-input-size=" + left);
        if (!taken.ok()) throw refused("a pack that cannot be read: " + taken.reason());
    }

    private BangerException tooMuch() {
        return refused("more than " + Quarantine.LARGEST_PACK + " bytes of objects");
    }

    private BangerException refused(String what) {
        return new BangerException(
                ErrorCode.WORKSPACE_REFUSED,
                "vm " + guest.name() + ": its repository has " + what,
                "banger vm pull " + guest.name() + " --patch FILE takes the files without the commits");
    }

    /**
     * Hands over a pack of what is asked for.
     *
     * @param asked ids, a line each, those that are known with {@code ^}
     */
    void pack(byte[] asked, Quarantine quarantine) {
        var pack = objects.resolve("asked.pack");
        try {
            git.pipe(
                    out -> out.write(asked),
                    in -> Files.copy(in, pack),
                    "pack-objects",
                    "--revs",
                    "--thin",
                    "--stdout",
                    "--delta-base-offset",
                    "--window=0",
                    "-q");
        } catch (BangerException e) {
            throw e.code() == ErrorCode.HOST_TOOL_FAILED
                    ? refused("objects missing or broken").because(e)
                    : e;
        }
        quarantine.take(out -> Files.copy(pack, out));
    }

    @Override
    public void close() {
        try (var all = Files.walk(objects)) {
            for (var file :
                    new ArrayList<>(all.sorted(Comparator.reverseOrder()).toList())) Files.delete(file);
        } catch (IOException e) {
            throw Disk.failed(objects, e);
        }
    }
}
