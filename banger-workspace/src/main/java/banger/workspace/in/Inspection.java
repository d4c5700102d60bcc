package banger.workspace.in;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Printable;
import banger.api.process.ProgramRun.Feed;
import banger.workspace.Beside;
import banger.workspace.FileStat;
import banger.workspace.RepoPath;
import banger.workspace.git.Git;
import banger.workspace.git.HostRepository;
import banger.workspace.git.ObjectId;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Looks at a work tree. Only what git says without looking into a file itself ({@code status} and {@code
 * add} run the user's filters), and what the kernel says of files; the host's index is copied first.
 */
public final class Inspection {
    private static final int LONGEST_NAME = 1 << 16;
    private static final int LONGEST_ID = 100;

    private final Map<String, String> environment;

    /** @param environment of this process */
    public Inspection(Map<String, String> environment) {
        this.environment = environment;
    }

    /** Where the repository at a place is. */
    public Head head(Path place) {
        return Head.of(HostRepository.discover(environment, place).git());
    }

    /** Whether a work tree's HEAD is certainly this commit; false: {@link #head} knows. Costs no process. */
    public static boolean isCertainlyAt(Path top, String commit) {
        return HeadFile.read(top).equals(Optional.of(commit));
    }

    /** @throws BangerException {@code repository.unsuitable}; {@code usage} for a branch or commit that cannot be */
    public Source of(Wish wish) {
        return of(wish, find(wish));
    }

    /** The repository, of which nothing was looked at yet; what is asked of it can be done. */
    HostRepository find(Wish wish) {
        var found = HostRepository.discover(environment, wish.place());
        wish.branch().ifPresent(b -> checkBranch(found.git(), b));
        // What a replace ref shows is not what an id names.
        var git = found.git().with("GIT_NO_REPLACE_OBJECTS", "1");
        return new HostRepository(
                found.top(), found.gitDir(), found.commonDir(), found.objects(), found.format(), found.prefix(), git);
    }

    Source of(Wish wish, HostRepository repository) {
        var git = repository.git();
        var head = Head.of(git);
        var from = wish.from()
                .map(ref -> commit(git, ref))
                .filter(c -> !head.commit().equals(Optional.of(c)));
        return from.isPresent() ? committed(wish, repository, head, from.get()) : onDisk(wish, repository, head);
    }

    private static void checkBranch(Git git, String branch) {
        if (branch.startsWith("-")
                || !git.run("check-ref-format", "refs/heads/" + branch).ok())
            throw new BangerException(
                    ErrorCode.USAGE,
                    "--branch " + Printable.quote(branch) + ": not a name that git takes for a branch");
    }

    private static ObjectId commit(Git git, String ref) {
        var found = git.run("rev-parse", "--verify", "--quiet", "--end-of-options", ref + "^{commit}");
        if (!found.ok())
            throw new BangerException(
                    ErrorCode.USAGE, "--from " + Printable.quote(ref) + ": no such commit in this repository");
        return new ObjectId(found.lines().getLast());
    }

    private Source onDisk(Wish wish, HostRepository repository, Head head) {
        var start = head.commit();
        try (var blobs = Beside.of("blobs", () -> blobs(repository.git(), start));
                var copy = TemporaryIndex.copy(repository);
                var tree = WorkTree.open(repository.top())) {
            var settings = Settings.of(repository.git());
            var index = copy.normalised();
            var files = new ArrayList<Listed>();
            var submodules = new ArrayList<Source.Submodule>();
            tracked(wish, repository, settings, index, tree, files, submodules);
            var others = others(copy.git());
            int left = 0;
            var nested = new ArrayList<RepoPath>();
            for (var other : others) {
                if (other.length() > 1 && other.endsWith("/")) nested.add(path(other.substring(0, other.length() - 1)));
                else if (wish.untracked()) untracked(tree, path(other)).ifPresent(files::add);
                else left++;
            }
            files.sort(Comparator.comparing(Listed::path));
            return new Source(
                    wish,
                    repository,
                    head,
                    start,
                    wish.branch().orElse(head.branch()),
                    false,
                    settings,
                    Special.of(repository.gitDir()),
                    index,
                    copy.written(),
                    List.copyOf(files),
                    left,
                    List.copyOf(nested),
                    blobs.get(),
                    List.copyOf(submodules));
        }
    }

    /** What git calls the contents of a commit's files. */
    private static Set<ObjectId> blobs(Git git, Optional<ObjectId> commit) {
        var ids = new HashSet<ObjectId>();
        commit.ifPresent(c -> git.records(
                Feed.NOTHING,
                LONGEST_ID,
                r -> ids.add(new ObjectId(new String(r, StandardCharsets.US_ASCII))),
                "ls-tree",
                "-r",
                "-z",
                "--full-tree",
                "--object-only",
                c.hex()));
        return ids;
    }

    private void tracked(
            Wish wish,
            HostRepository repository,
            Settings settings,
            Index index,
            WorkTree tree,
            List<Listed> files,
            List<Source.Submodule> submodules) {
        boolean modes = settings.isTrue("core.filemode", true);
        var previous = Optional.<RepoPath>empty();
        for (var entry : index.entries()) {
            // The stages of a conflict are one file.
            if (previous.equals(Optional.of(entry.path()))) continue;
            previous = Optional.of(entry.path());
            var stat = tree.stat(entry.path());
            if (entry.isSubmodule()) {
                if (stat.isEmpty() || !stat.get().isDirectory()) continue;
                files.add(new Listed(
                        entry.path(), Listed.SUBMODULE, stat.get(), Optional.of(entry), Optional.of(entry.id())));
                submodule(wish, repository, tree, entry).ifPresent(submodules::add);
            } else if (stat.isPresent() && (stat.get().isRegular() || stat.get().isLink())) {
                files.add(new Listed(
                        entry.path(),
                        mode(stat.get(), entry, modes),
                        stat.get(),
                        Optional.of(entry),
                        Optional.empty()));
            }
        }
    }

    /** Where the file system has no executable bit worth believing the index has it. */
    private static int mode(FileStat stat, Index.Entry entry, boolean believed) {
        if (believed || stat.isLink()) return stat.mode();
        return entry.mode() == 0100755 ? stat.mode() | 0111 : stat.mode() & ~0111;
    }

    private static Optional<Listed> untracked(WorkTree tree, RepoPath path) {
        return tree.stat(path)
                .filter(s -> s.isRegular() || s.isLink())
                .map(s -> new Listed(path, s.mode(), s, Optional.empty(), Optional.empty()));
    }

    private Optional<Source.Submodule> submodule(
            Wish wish, HostRepository repository, WorkTree tree, Index.Entry entry) {
        if (tree.stat(RepoPath.ofGit(entry.path())).isEmpty()) return Optional.empty(); // not checked out: stays empty
        var place = repository.top().resolve(new String(entry.path().bytes(), StandardCharsets.UTF_8));
        var source = of(wish.in(place));
        if (!source.repository().top().equals(place)) return Optional.empty();
        return Optional.of(
                new Source.Submodule(entry.path(), name(repository, source.repository(), entry.path()), source));
    }

    /** A submodule's git directory is named for it; one of the old kind, inside its work tree, goes by its path. */
    private static String name(HostRepository outer, HostRepository inner, RepoPath path) {
        var modules = outer.gitDir().resolve("modules");
        return inner.gitDir().startsWith(modules)
                ? modules.relativize(inner.gitDir()).toString()
                : new String(path.bytes(), StandardCharsets.UTF_8);
    }

    /** What git neither tracks nor ignores; a repository that is no submodule ends with a slash. */
    private static List<RawName> others(Git git) {
        var names = new ArrayList<RawName>();
        git.records(
                Feed.NOTHING,
                LONGEST_NAME,
                name -> names.add(new RawName(name)),
                "ls-files",
                "-z",
                "--others",
                "--exclude-standard");
        return names;
    }

    private static RepoPath path(RawName name) {
        return RepoPath.of(name.bytes);
    }

    /** Bytes as git lists them. */
    private record RawName(byte[] bytes) {
        int length() {
            return bytes.length;
        }

        boolean endsWith(String end) {
            return bytes[bytes.length - 1] == end.charAt(0);
        }

        RawName substring(int from, int to) {
            return new RawName(Arrays.copyOfRange(bytes, from, to));
        }
    }

    /** The files of a commit, not those of the work tree. */
    private Source committed(Wish wish, HostRepository repository, Head head, ObjectId commit) {
        try (var copy = TemporaryIndex.of(repository, commit)) {
            var index = copy.normalised();
            return new Source(
                    wish,
                    repository,
                    head,
                    Optional.of(commit),
                    wish.branch().orElse(""),
                    true,
                    Settings.of(repository.git()),
                    new Special(Map.of(), List.of(), List.of()),
                    index,
                    0,
                    Committed.files(repository.git(), index, commit),
                    0,
                    List.of(),
                    blobs(repository.git(), Optional.of(commit)),
                    List.of());
        }
    }
}
