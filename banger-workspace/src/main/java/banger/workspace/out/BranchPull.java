package banger.workspace.out;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.process.ProgramRun.Feed;
import banger.workspace.RepoPath;
import banger.workspace.git.GitOutput;
import banger.workspace.git.HostRepository;
import banger.workspace.git.ObjectId;
import banger.workspace.git.Shadow;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Makes a branch of the user's repository from a guest's work: the guest's commits as they are, then one of what was
 * not committed. All is made and checked in the shadow repository; the user's gets one fetch and one new ref.
 */
final class BranchPull {
    private static final String PULL = "refs/banger/pull/";

    private final Guest guest;
    private final HostRepository host;
    private final Collected collected;
    private final Shadow shadow;
    private final Trees trees;

    BranchPull(Guest guest, HostRepository host, Collected collected) {
        this.guest = guest;
        this.host = host;
        this.collected = collected;
        this.shadow = collected.delivered().shadow();
        this.trees = new Trees(shadow);
    }

    /**
     * HEAD's line of a guest as it would become a branch.
     *
     * @param tip its last commit
     * @param commits of the guest's own
     * @param uncommitted whether the last one is what was not committed
     * @param hostEdits whether edits of the host's own that were delivered are inside
     */
    record Line(ObjectId tip, long commits, boolean uncommitted, boolean hostEdits) {
        boolean nothing() {
            return commits == 0 && !uncommitted;
        }
    }

    /** Refuses a name that is none, or taken. */
    void checkName(String name) {
        if (!host.git().run("check-ref-format", "--branch", name).ok() || name.startsWith("-"))
            throw new BangerException(
                    ErrorCode.USAGE,
                    "branch " + Shown.of(name.getBytes(StandardCharsets.UTF_8)) + ": not a branch's name");
        if (host.git()
                .run("show-ref", "--verify", "--quiet", "refs/heads/" + name)
                .ok()) throw taken(name);
    }

    private BangerException taken(String name) {
        return new BangerException(
                ErrorCode.WORKSPACE_CONFLICT,
                "branch " + name + ": exists already in " + host.top(),
                "another name, or git branch -m " + name + " " + name + "-old");
    }

    /**
     * Makes the commits in the shadow repository; the guest's must be there.
     *
     * @param gitlinks commits that submodules come out with, by their paths
     */
    Line compose(boolean raw, Map<RepoPath, ObjectId> gitlinks) {
        var delivered = collected.delivered();
        var author = Author.of(host, Instant.now());
        var cleaning = new Cleaning(delivered, sparse(), autocrlf(), raw);
        // A guest whose HEAD names nothing (no repository any more, an unborn branch) goes on from what it was given.
        var head = collected.head().or(delivered::head);
        var stored = head.map(trees::treeOf).orElseGet(trees::empty);
        long own = head.map(this::ownCommits).orElse(0L);
        var work = standing(stored, cleaning.commit(stored, collected.tree()), gitlinks);
        PathPolicy.checkNames(trees.changes(stored, work));
        if (own > 0 || !head.equals(delivered.head())) {
            var edits = hostEdits(cleaning);
            if (work.equals(stored)) return new Line(head.orElseThrow(), own, false, false);
            var parents = head.map(List::of).orElse(List.of());
            return new Line(trees.commit(author, work, parents, uncommitted()), own, true, edits.isPresent());
        }
        var edits = hostEdits(cleaning);
        var parents = new ArrayList<ObjectId>(head.map(List::of).orElse(List.of()));
        if (work.equals(edits.orElse(stored)))
            return new Line(head.orElse(delivered.base()), 0, false, edits.isPresent());
        if (edits.isPresent()) {
            var mine = trees.commit(
                    author, edits.get(), parents, "edits on the host when VM " + guest.name() + " got them\n");
            parents.clear();
            parents.add(mine);
        }
        return new Line(trees.commit(author, work, parents, uncommitted()), 0, true, edits.isPresent());
    }

    /** The tree with its submodules at these commits, as far as the commit before has them at all. */
    private ObjectId standing(ObjectId stored, ObjectId work, Map<RepoPath, ObjectId> gitlinks) {
        if (gitlinks.isEmpty()) return work;
        var edits = new ArrayList<TreeEdit>();
        trees.entries(stored).forEach((path, entry) -> {
            if (entry.isSubmodule() && gitlinks.containsKey(path))
                edits.add(TreeEdit.put(
                        path, new TreeEntry(TreeEntry.SUBMODULE, gitlinks.getOrDefault(path, entry.id()))));
        });
        return trees.edit(work, edits);
    }

    private String uncommitted() {
        return "uncommitted in VM " + guest.name() + "\n";
    }

    /** The tree of the host's HEAD with the host's own edits at prepare; empty: there were none. */
    private Optional<ObjectId> hostEdits(Cleaning cleaning) {
        var before = collected.delivered().head().map(trees::treeOf).orElseGet(trees::empty);
        var tree = cleaning.commit(before, collected.delivered().base());
        return tree.equals(before) ? Optional.empty() : Optional.of(tree);
    }

    private long ownCommits(ObjectId head) {
        var arguments = new ArrayList<>(List.of("rev-list", "--count", head.hex(), "--not"));
        collected.delivered().tips().forEach(t -> arguments.add(t.hex()));
        return Long.parseLong(
                shadow.git().need(arguments.toArray(String[]::new)).text());
    }

    private Set<RepoPath> sparse() {
        if (!host.git()
                .run("config", "--type=bool", "--get", "core.sparseCheckout")
                .text()
                .equals("true")) return Set.of();
        var left = new HashSet<RepoPath>();
        host.git()
                .records(
                        Feed.NOTHING,
                        RepoPath.LONGEST + 2,
                        r -> {
                            if (r[0] == 'S') left.add(RepoPath.of(java.util.Arrays.copyOfRange(r, 2, r.length)));
                        },
                        "ls-files",
                        "-t",
                        "-z");
        return left;
    }

    private String autocrlf() {
        return host.git().run("config", "--get", "core.autocrlf").text();
    }

    /** The names of {@code --all-branches}: each of the guest's branches below {@code name}, HEAD's line among them. */
    Map<String, ObjectId> all(String name, Line line) {
        var branches = new LinkedHashMap<String, ObjectId>();
        branches.put(name + "/" + collected.headBranch().orElse("HEAD"), line.tip());
        for (var ref : others()) branches.put(name + "/" + ref.branch(), ref.id());
        return branches;
    }

    /** Branches with work of the guest's that HEAD's line does not have. */
    List<GuestRef> others() {
        return GuestCommits.unknown(collected).stream()
                .filter(GuestRef::isBranch)
                .filter(r -> !r.branch().equals(collected.headBranch().orElse("")))
                .filter(r -> ownCommits(r.id()) > 0)
                .toList();
    }

    /** Brings commits into the user's repository, where nothing names them yet. */
    void bring(Collection<ObjectId> tips) {
        // Names of this pull alone: another one may be under way.
        var place = PULL + java.util.UUID.randomUUID() + "/";
        var refs = new LinkedHashMap<String, ObjectId>();
        for (var tip : tips) refs.put(place + refs.size(), tip);
        shadow.git().need(commands("create", refs), "update-ref", "--stdin");
        try {
            fetch(refs.keySet());
        } finally {
            shadow.git().need(commands("delete", refs), "update-ref", "--stdin");
        }
    }

    private void fetch(Collection<String> refs) {
        var arguments = new ArrayList<>(List.of(
                "-c",
                "fetch.writeCommitGraph=false",
                "-c",
                "fetch.bundleURI=",
                "fetch",
                "--quiet",
                "--no-tags",
                "--no-write-fetch-head",
                "--no-auto-maintenance",
                "--no-recurse-submodules",
                "--refmap=",
                url()));
        arguments.addAll(refs);
        var fetched = host.git().with("GIT_ALLOW_PROTOCOL", "file").run(arguments.toArray(String[]::new));
        if (!fetched.ok()) throw notTaken(fetched);
    }

    /** Names commits that were brought; all the names, or none. */
    void name(Map<String, ObjectId> branches) {
        GitOutput named;
        try {
            named = updateRefs("create", branches);
        } catch (BangerException e) {
            // A Ctrl-C reaches git too, perhaps between two names: each is taken back that is there.
            branches.forEach((name, tip) -> updateRefs("delete", Map.of(name, tip)));
            throw e;
        }
        if (!named.ok()) throw notTaken(named);
    }

    /** Removes names that were made, for {@code cause} kept another repository from getting its own. */
    void takeBack(Map<String, ObjectId> branches, RuntimeException cause) {
        var gone = updateRefs("delete", branches);
        if (!gone.ok()) cause.addSuppressed(notTaken(gone));
    }

    private GitOutput updateRefs(String verb, Map<String, ObjectId> branches) {
        var refs = new LinkedHashMap<String, ObjectId>();
        branches.forEach((name, tip) -> refs.put("refs/heads/" + name, tip));
        return host.git().run(commands(verb, refs), "update-ref", "--stdin");
    }

    private static byte[] commands(String verb, Map<String, ObjectId> refs) {
        var commands = new StringBuilder();
        refs.forEach((ref, id) -> commands.append(verb)
                .append(' ')
                .append(ref)
                .append(' ')
                .append(id.hex())
                .append('\n'));
        return commands.toString().getBytes(StandardCharsets.UTF_8);
    }

    private BangerException notTaken(GitOutput output) {
        if (output.diskFull()) return new BangerException(ErrorCode.HOST_DISK_FULL, host.top() + ": the disk is full");
        return new BangerException(
                ErrorCode.REPOSITORY_UNSUITABLE,
                host.top() + ": the repository does not take the commits: " + output.reason(),
                "banger vm pull " + guest.name() + " --patch FILE writes to a file instead");
    }

    private String url() {
        return "file://"
                + URLEncoder.encode(shadow.gitDir().toString(), StandardCharsets.UTF_8)
                        .replace("+", "%20")
                        .replace("%2F", "/");
    }
}
