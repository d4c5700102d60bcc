package banger.workspace.out;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.workspace.RepoPath;
import banger.workspace.git.HostRepository;
import banger.workspace.git.ObjectId;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** A guest's work as it was found, and the ways it can be shown and brought back. */
public final class Work {
    private final Guest guest;
    /** The outermost first. */
    private final List<Part> parts;

    private final Whole whole;
    private final List<Change> changes;

    private Work(Guest guest, List<Part> parts) {
        this.guest = guest;
        this.parts = List.copyOf(parts);
        this.whole = Whole.of(this.parts);
        this.changes = whole.changes();
    }

    /**
     * Asks the guest; nothing of the host's but shadow repositories changes.
     *
     * @param workTrees the outermost first, then its submodules
     * @throws BangerException {@code vm.not-running}, {@code workspace.incomplete}, what the agent refuses
     */
    public static Work collect(Guest guest, List<Delivered> workTrees) {
        var parts = new ArrayList<Part>();
        var outer = workTrees.getFirst().record().guestPath();
        for (var one : workTrees) {
            var path = one.record().guestPath();
            var place = path.equals(outer) ? Optional.<RepoPath>empty() : Optional.of(Part.below(outer, path));
            parts.add(new Part(place, new Collector(guest, one).collect()));
        }
        return new Work(guest, parts);
    }

    private Collected outermost() {
        return parts.getFirst().collected();
    }

    /** Files that differ from what was delivered, in the order of their paths; those of submodules too. */
    public List<Change> changes() {
        return changes;
    }

    /** Whether files or history differ from what was delivered. */
    public boolean any() {
        return !changes.isEmpty()
                || parts.stream()
                        .anyMatch(p -> !GuestCommits.unknown(p.collected()).isEmpty())
                || !repositories().isEmpty();
    }

    /**
     * Where the guest has commits that were neither delivered nor pulled.
     *
     * @param submodule in whose repository; empty: the outermost
     * @param name of a ref, a stash entry or a detached head
     */
    public record Tip(Optional<RepoPath> submodule, String name) {}

    /** The outermost repository's first, each one's in the order of their names. */
    public List<Tip> newTips() {
        return parts.stream()
                .flatMap(p -> newTips(p.collected()).stream().map(name -> new Tip(p.place(), name)))
                .toList();
    }

    private static List<String> newTips(Collected collected) {
        var pulled = Pulled.of(collected.delivered().shadow()).tips();
        return GuestCommits.unknown(collected).stream()
                .filter(r -> !pulled.contains(r.id()))
                .map(GuestRef::name)
                .sorted()
                .toList();
    }

    /** Submodules that are work trees of their own. */
    public List<WorkDiff.Submodule> submodules() {
        return parts.stream()
                .filter(p -> p.place().isPresent())
                .map(p -> new WorkDiff.Submodule(
                        new String(p.place().get().bytes(), StandardCharsets.UTF_8),
                        p.delivered().head().map(ObjectId::hex).orElse(""),
                        p.collected().head().map(ObjectId::hex).orElse(""),
                        newTips(p.collected())))
                .toList();
    }

    /** Submodules that changed files lie in. */
    public List<RepoPath> changedSubmodules() {
        return parts.stream()
                .flatMap(p -> p.place().stream())
                .filter(place -> changes.stream().anyMatch(c -> c.path().within(place)))
                .toList();
    }

    /** The host's commit that was delivered; empty: there was none. */
    public Optional<ObjectId> deliveredHead() {
        return outermost().delivered().head();
    }

    /** Repositories in the work tree that are not part of it; they do not come out with it. */
    public List<RepoPath> repositories() {
        return paths(Collected::repositories);
    }

    /** Files that are too large to come out. */
    public List<RepoPath> tooLarge() {
        return paths(Collected::tooLarge);
    }

    /** Files that changed while they were read. */
    public List<RepoPath> unsteady() {
        return paths(Collected::unsteady);
    }

    private List<RepoPath> paths(Function<Collected, List<RepoPath>> of) {
        return parts.stream()
                .flatMap(p -> of.apply(p.collected()).stream().map(p::at))
                .toList();
    }

    /** Changed files that run or configure something by themselves. */
    public List<RepoPath> selfRunning() {
        return SelfRunning.runs(changes.stream());
    }

    /** The changes as a patch that {@code git apply} takes, byte for byte. */
    public void patch(OutputStream out) {
        differences().patch(whole.base(), whole.tree(), out);
    }

    /** The changes to look at: contents that are no text are only named. Bytes of the guest's as they are. */
    public void readable(OutputStream out) {
        differences().readable(whole.base(), whole.tree(), out);
    }

    /** A line a file. */
    public void stat(int columns, OutputStream out) {
        differences().stat(whole.base(), whole.tree(), columns, out);
    }

    private Differences differences() {
        return new Differences(whole.shadow());
    }

    /** Writes the patch to a file; it is there whole, or as it was before. */
    public void patchTo(Path file) {
        patchOnly(file);
        pulled();
    }

    private void pulled() {
        for (var part : parts) Pulled.files(part.collected());
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
     * host's. The guest's index plays no part, and neither do submodules.
     *
     * @param from a commit's id or the beginning of one; empty: the guest's HEAD
     */
    public Exported export(Optional<String> from, OutputStream out) {
        var collected = outermost();
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
                ? Optional.of(outermost()
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
     * Brings the work back as branches of one name: of the repository that it came from, and of each submodule with
     * work in it. All of them, or none.
     *
     * @return one of each work tree, the outermost first
     */
    public List<Branches> branch(HostRepository host, BranchWish wish) {
        return new BranchesPull(guest, host, parts, wish).run();
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
        if (!dryRun)
            refusal(allowConfig).ifPresent(refused -> {
                throw refused;
            });
        var pull = new ApplyPull(host, whole);
        var plan = pull.plan();
        if (plan.conflicts().isEmpty() && !dryRun) {
            pull.write(plan, step -> {});
            pulled();
        }
        return new Applied(plan.changes(), plan.conflicts());
    }

    /** Why {@code --apply} is refused whatever the host's files are; empty: it is not. */
    public Optional<BangerException> refusal(boolean allowConfig) {
        var config = changes.stream()
                .map(Change::path)
                .filter(SelfRunning::configures)
                .toList();
        if (!config.isEmpty() && !allowConfig)
            return Optional.of(new BangerException(
                    ErrorCode.WORKSPACE_REFUSED,
                    "vm " + guest.name() + ": it changed what banger or git does next: "
                            + String.join(", ", Shown.few(config)),
                    "look at it: banger vm diff " + guest.name(),
                    "then banger vm pull " + guest.name() + " --apply --allow-config"));
        return submodulesMoved();
    }

    /** Files alone would leave a submodule of the host's at a commit that they do not belong to. */
    private Optional<BangerException> submodulesMoved() {
        var moved = parts.stream().filter(Part::moved).flatMap(p -> p.place().stream());
        var paths = moved.toList();
        if (paths.isEmpty()) return Optional.empty();
        var remedies = new ArrayList<>(Shown.few(paths));
        remedies.add("banger vm pull " + guest.name() + " --branch NAME brings the commits");
        return Optional.of(new BangerException(
                ErrorCode.WORKSPACE_REFUSED,
                "vm " + guest.name() + ": " + Shown.count(paths.size(), "submodule is", "submodules are")
                        + " at another commit there, and --apply brings files only",
                remedies));
    }

    /** Whether all of it was brought back before, as it is now. */
    public boolean pulledBefore() {
        return newTips().isEmpty()
                && repositories().isEmpty()
                && parts.stream()
                        .map(Part::collected)
                        .allMatch(c -> Pulled.of(c.delivered().shadow()).trees().contains(c.tree()));
    }

    /** What an earlier {@code --apply} in a repository could not end is taken back; tells if there was one. */
    public static void finishLeft(HostRepository host, java.util.function.Consumer<String> tell) {
        ApplyPull.finishLeft(host, tell);
    }
}
