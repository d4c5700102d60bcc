package banger.workspace.out;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.workspace.RepoPath;
import banger.workspace.git.HostRepository;
import banger.workspace.git.ObjectId;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A guest's work as it was found, and the ways it can be shown and brought back. */
public final class Work {
    private final Guest guest;
    private final Collected collected;
    private final List<Change> changes;

    private Work(Guest guest, Collected collected) {
        this.guest = guest;
        this.collected = collected;
        this.changes = List.copyOf(new Trees(collected.delivered().shadow())
                .changes(collected.delivered().base(), collected.tree()));
    }

    /**
     * Asks the guest; nothing of the host's but the shadow repository changes.
     *
     * @throws BangerException {@code vm.not-running}, {@code workspace.incomplete}, what the agent refuses
     */
    public static Work collect(Guest guest, Delivered delivered) {
        return new Work(guest, new Collector(guest, delivered).collect());
    }

    /** Files that differ from what was delivered, in the order of their paths. */
    public List<Change> changes() {
        return changes;
    }

    /** Whether files or history differ from what was delivered. */
    public boolean any() {
        return !changes.isEmpty()
                || !GuestCommits.unknown(collected).isEmpty()
                || !collected.repositories().isEmpty();
    }

    /** Names of refs, stash entries and detached heads at commits that were neither delivered nor pulled. */
    public List<String> newTips() {
        var pulled = Pulled.of(collected.delivered().shadow()).tips();
        return GuestCommits.unknown(collected).stream()
                .filter(r -> !pulled.contains(r.id()))
                .map(GuestRef::name)
                .sorted()
                .toList();
    }

    /** The host's commit that was delivered; empty: there was none. */
    public Optional<ObjectId> deliveredHead() {
        return collected.delivered().head();
    }

    /** Repositories in the work tree that are not part of it; they do not come out with it. */
    public List<RepoPath> repositories() {
        return collected.repositories();
    }

    /** Files that are too large to come out. */
    public List<RepoPath> tooLarge() {
        return collected.tooLarge();
    }

    /** Files that changed while they were read. */
    public List<RepoPath> unsteady() {
        return collected.unsteady();
    }

    /** Changed files that run or configure something by themselves. */
    public List<RepoPath> selfRunning() {
        return SelfRunning.runs(changes.stream());
    }

    /** The changes as a patch that {@code git apply} takes, byte for byte. */
    public void patch(OutputStream out) {
        differences().patch(collected.delivered().base(), collected.tree(), out);
    }

    /** The changes to look at: contents that are no text are only named. Bytes of the guest's as they are. */
    public void readable(OutputStream out) {
        differences().readable(collected.delivered().base(), collected.tree(), out);
    }

    /** A line a file. */
    public void stat(int columns, OutputStream out) {
        differences().stat(collected.delivered().base(), collected.tree(), columns, out);
    }

    private Differences differences() {
        return new Differences(collected.delivered().shadow());
    }

    /** Writes the patch to a file; it is there whole, or as it was before. */
    public void patchTo(Path file) {
        patchOnly(file);
        Pulled.files(collected);
    }

    /** The same without counting as pulled. */
    public void patchOnly(Path file) {
        var target = file.toAbsolutePath();
        Path temporary = target.resolveSibling(".banger-" + java.util.UUID.randomUUID());
        try {
            try (var out = Files.newOutputStream(temporary)) {
                patch(out);
            }
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (AtomicMoveNotSupportedException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw Disk.failed(target, e);
        } finally {
            try {
                Files.deleteIfExists(temporary);
            } catch (IOException e) {
                throw Disk.failed(temporary, e);
            }
        }
    }

    /**
     * What an export is against.
     *
     * @param commit hexadecimal; empty: there is none yet
     */
    public record Exported(String commit, List<Change> changes) {}

    /**
     * The work tree against a commit, as a patch: against the guest's own HEAD, or against one of its history or the
     * host's. The guest's index plays no part.
     *
     * @param from a commit's id or the beginning of one; empty: the guest's HEAD
     */
    public Exported export(Optional<String> from, OutputStream out) {
        var delivered = collected.delivered();
        new GuestCommits(guest, collected).fetch();
        var trees = new Trees(delivered.shadow());
        var commit = from.map(this::resolved).or(collected::head);
        var stored = collected.head().map(trees::treeOf).orElseGet(trees::empty);
        var files = new Cleaning(delivered, java.util.Set.of(), "", true).commit(stored, collected.tree());
        var before = commit.map(trees::treeOf).orElseGet(trees::empty);
        differences().patch(before, files, out);
        return new Exported(commit.map(ObjectId::hex).orElse(""), trees.changes(before, files));
    }

    private ObjectId resolved(String name) {
        var found = name.matches("[0-9a-f]{4,64}")
                ? Optional.of(collected
                        .delivered()
                        .shadow()
                        .git()
                        .run("rev-parse", "--verify", "--quiet", "--end-of-options", name + "^{commit}"))
                : Optional.<banger.workspace.git.GitOutput>empty();
        return found.filter(banger.workspace.git.GitOutput::ok)
                .map(o -> new ObjectId(o.text()))
                .orElseThrow(() -> new BangerException(
                        ErrorCode.USAGE,
                        "--base-commit " + banger.api.Printable.quote(name) + ": no commit of vm " + guest.name()
                                + " or of the repository it came from",
                        "git rev-parse HEAD prints one"));
    }

    /**
     * Branches that were made.
     *
     * @param tips by the branches' names
     * @param commits of the guest's own that are on HEAD's line
     * @param uncommitted whether one more holds what was not committed
     * @param hostEdits whether edits of the host's own, delivered but not committed there, are inside
     * @param others the guest's other branches with work, which were not made
     * @param stashes how many stash entries stay in the guest
     */
    public record Branches(
            Map<String, ObjectId> tips,
            long commits,
            boolean uncommitted,
            boolean hostEdits,
            List<String> others,
            long stashes) {}

    /** What {@code --branch} does beside its name. */
    public record BranchWish(String name, boolean all, boolean raw, boolean dryRun) {}

    /** Brings the work back as a branch; empty tips: there is nothing to bring. */
    public Branches branch(HostRepository host, BranchWish wish) {
        var pull = new BranchPull(guest, host, collected);
        pull.checkName(wish.name);
        new GuestCommits(guest, collected).fetch();
        var line = pull.compose(wish.raw);
        var others = pull.others();
        var tips = new LinkedHashMap<String, ObjectId>();
        if (wish.all && !(line.nothing() && others.isEmpty())) tips.putAll(pull.all(wish.name, line));
        else if (!line.nothing()) tips.put(wish.name, line.tip());
        if (!tips.isEmpty() && !wish.dryRun) {
            pull.into(tips);
            var pulled = new java.util.ArrayList<>(tips.values());
            collected.head().ifPresent(pulled::add);
            Pulled.add(collected, pulled);
        }
        return new Branches(
                tips,
                line.commits(),
                line.uncommitted(),
                line.hostEdits(),
                wish.all ? List.of() : others.stream().map(GuestRef::branch).toList(),
                collected.refs().stream()
                        .filter(r -> r.name().startsWith("refs/stash"))
                        .map(GuestRef::id)
                        .distinct()
                        .count());
    }

    /**
     * What {@code --apply} did, or would do.
     *
     * @param changes files of the host's that change
     * @param conflicts files that host and guest changed in the same places; then nothing changes
     */
    public record Applied(List<Change> changes, List<RepoPath> conflicts) {}

    /**
     * Merges the changes onto the host's files.
     *
     * @param allowConfig whether files may come that banger or git obeys by itself
     */
    public Applied apply(HostRepository host, boolean allowConfig, boolean dryRun) {
        var config = changes.stream()
                .map(Change::path)
                .filter(SelfRunning::configures)
                .toList();
        if (!config.isEmpty() && !allowConfig && !dryRun)
            throw new BangerException(
                    ErrorCode.WORKSPACE_REFUSED,
                    "vm " + guest.name() + ": it changed what banger or git does next: "
                            + String.join(", ", Shown.few(config)),
                    "look at it: banger vm diff " + guest.name(),
                    "then banger vm pull " + guest.name() + " --apply --allow-config");
        var pull = new ApplyPull(host, collected);
        var plan = pull.plan();
        if (plan.conflicts().isEmpty() && !dryRun) {
            pull.write(plan, step -> {});
            Pulled.files(collected);
        }
        return new Applied(plan.changes(), plan.conflicts());
    }

    /** What an earlier {@code --apply} in a repository could not end is taken back; tells if there was one. */
    public static void finishLeft(HostRepository host, java.util.function.Consumer<String> tell) {
        ApplyPull.finishLeft(host, tell);
    }
}
