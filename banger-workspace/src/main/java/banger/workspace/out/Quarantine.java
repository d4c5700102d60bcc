package banger.workspace.out;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.process.ProgramRun.Feed;
import banger.workspace.git.Git;
import banger.workspace.git.GitOutput;
import banger.workspace.git.ObjectId;
import banger.workspace.git.Shadow;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Where a guest's pack lies until it has been checked: a directory of objects beside the shadow's own. What fails a
 * check is removed with it; what passes moves over.
 */
final class Quarantine implements AutoCloseable {
    /** Bytes that a pack may have. */
    static final long LARGEST_PACK = 4L << 30;

    private static final long LARGEST_OBJECT = Collector.LONGEST_FILE;

    private final Shadow shadow;
    private final Path objects;
    private final Git git;
    private final String vm;

    private Quarantine(Shadow shadow, Path objects, String vm) {
        this.shadow = shadow;
        this.objects = objects;
        this.vm = vm;
        this.git = shadow.git().with("GIT_OBJECT_DIRECTORY", objects.toString());
    }

    static Quarantine open(Shadow shadow, String vm) {
        return new Quarantine(shadow, directory(shadow), vm);
    }

    /** A directory for objects beside the shadow's own, which it reads. */
    static Path directory(Shadow shadow) {
        try {
            var objects = Files.createTempDirectory(shadow.gitDir(), "incoming-");
            Files.createDirectories(objects.resolve("pack"));
            Files.createDirectories(objects.resolve("info"));
            Files.writeString(
                    objects.resolve("info/alternates"), shadow.gitDir().resolve("objects") + "\n");
            return objects;
        } catch (IOException e) {
            throw Disk.failed(shadow.gitDir(), e);
        }
    }

    /** Takes a pack as a guest sends it. */
    void take(Feed pack) {
        var run = git.run(pack, "index-pack", "--stdin", "--fix-thin", "--strict", "--max-input-size=" + LARGEST_PACK);
        if (!run.ok()) throw refused(run);
    }

    private BangerException refused(GitOutput run) {
        var reason = run.reason();
        if (run.diskFull())
            return new BangerException(ErrorCode.HOST_DISK_FULL, shadow.gitDir() + ": the disk is full");
        var said = new String(run.stderr(), StandardCharsets.UTF_8)
                .lines()
                .filter(l -> l.startsWith("error: "))
                .findFirst()
                .map(l -> Shown.of(l.substring(7).getBytes(StandardCharsets.UTF_8)))
                .orElse(reason);
        return new BangerException(
                ErrorCode.WORKSPACE_REFUSED,
                "vm " + vm + ": git's checks refuse the guest's commits: " + said,
                "banger vm pull " + vm + " --patch FILE takes the files without the commits");
    }

    /** Checks what was taken: sizes, unfolded trees, and that nothing is missing below these tips. */
    void check(List<ObjectId> tips) {
        sizes();
        var commits = commits(tips);
        var roots = new ArrayList<ObjectId>();
        for (var line : treesOf(commits)) roots.add(new ObjectId(line));
        new TreeBounds(git, shadow.format().rawLength()).check(roots);
        var input = lines(tips);
        var run = git.run(input, "rev-list", "--objects", "--stdin", "--quiet", "--not", "--all", "--alternate-refs");
        if (!run.ok()) throw refused(run);
    }

    /** Of what came, and of nothing else: the host may have millions of objects. */
    private void sizes() {
        var asked = new StringBuilder();
        for (var id : received()) asked.append(id).append('\n');
        var input = asked.toString().getBytes(StandardCharsets.US_ASCII);
        for (var size :
                git.need(input, "cat-file", "--batch-check=%(objectsize)").lines())
            if (Long.parseLong(size) > LARGEST_OBJECT)
                throw new BangerException(
                        ErrorCode.WORKSPACE_REFUSED,
                        "vm " + vm + ": a file of " + size + " bytes in the guest's history; the longest that comes"
                                + " out has " + LARGEST_OBJECT);
    }

    private List<String> received() {
        var ids = new ArrayList<String>();
        try (var indexes = Files.newDirectoryStream(objects.resolve("pack"), "*.idx")) {
            for (var index : indexes)
                for (var line : git.need(
                                out -> Files.copy(index, out),
                                "show-index",
                                "--object-format=" + shadow.format().word())
                        .lines()) ids.add(line.split(" ")[1]);
        } catch (IOException e) {
            throw Disk.failed(objects, e);
        }
        return ids;
    }

    /** Commits that are new, tips of other kinds left out. */
    private List<String> commits(List<ObjectId> tips) {
        return git.need(lines(tips), "rev-list", "--stdin", "--not", "--all").lines();
    }

    private List<String> treesOf(List<String> commits) {
        if (commits.isEmpty()) return List.of();
        var input = new StringBuilder();
        for (var commit : commits) input.append(commit).append("^{tree}\n");
        return git.need(input.toString().getBytes(StandardCharsets.US_ASCII), "cat-file", "--batch-check=%(objectname)")
                .lines();
    }

    private static byte[] lines(List<ObjectId> ids) {
        var input = new StringBuilder();
        for (var id : ids) input.append(id.hex()).append('\n');
        return input.toString().getBytes(StandardCharsets.US_ASCII);
    }

    /** Moves what was checked to the shadow's own objects. */
    void keep() {
        var target = shadow.gitDir().resolve("objects/pack");
        try (var files = Files.list(objects.resolve("pack"))) {
            Files.createDirectories(target);
            // The index last: a pack without one is not looked at.
            var ordered = files.sorted(Comparator.comparing(f -> f.toString().endsWith(".idx")))
                    .toList();
            for (var file : ordered) {
                var kept = target.resolve(file.getFileName());
                // Named by what is in it: another pull of the same work may have been faster.
                if (!Files.exists(kept)) Files.move(file, kept, StandardCopyOption.ATOMIC_MOVE);
            }
        } catch (IOException e) {
            throw Disk.failed(target, e);
        }
    }

    @Override
    public void close() {
        try (var all = Files.walk(objects)) {
            for (var file : all.sorted(Comparator.reverseOrder()).toList()) Files.delete(file);
        } catch (IOException e) {
            throw Disk.failed(objects, e);
        }
    }
}
