package banger.workspace.out;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.workspace.FileStat;
import banger.workspace.RepoPath;
import banger.workspace.Syscalls;
import banger.workspace.git.BlobReader;
import banger.workspace.git.GitOutput;
import banger.workspace.git.HostRepository;
import banger.workspace.git.ObjectId;
import banger.workspace.git.Shadow;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Brings a guest's changes onto the user's files as they are now: merged three ways in the shadow repository, and
 * written only when nothing conflicts. All places change, or none. git's index is not touched.
 */
final class ApplyPull {
    private final HostRepository host;
    private final Whole whole;
    private final Shadow shadow;
    private final Trees trees;

    ApplyPull(HostRepository host, Whole whole) {
        this.host = host;
        this.whole = whole;
        this.shadow = whole.shadow();
        this.trees = new Trees(shadow);
    }

    /**
     * What would be written.
     *
     * @param changes places of the host that change
     * @param conflicts places where host and guest disagree; then nothing may be written
     */
    record Plan(List<Change> changes, List<RepoPath> conflicts, HostNow now) {}

    Plan plan() {
        needsMergeTree();
        try (var files = HostFiles.open(host.top())) {
            var base = whole.base();
            var work = trees.changes(base, whole.tree());
            checkPolicy(work);
            var now = HostNow.read(whole, files, fileMode(), work);
            if (!now.blocked().isEmpty()) return new Plan(List.of(), List.copyOf(now.blocked()), now);
            var author = Author.ofNobody(Instant.EPOCH);
            var before = trees.commit(author, base, List.of(), "base\n");
            var ours = trees.commit(author, now.tree(), List.of(before), "host\n");
            var theirs = trees.commit(author, whole.tree(), List.of(before), "guest\n");
            var merged = shadow.git()
                    .run(
                            "-c",
                            "merge.renames=false",
                            "merge-tree",
                            "--write-tree",
                            "-z",
                            "--name-only",
                            "--no-messages",
                            ours.hex(),
                            theirs.hex());
            if (merged.status() > 1) throw failed(merged);
            var records = merged.records();
            if (merged.status() == 1) return new Plan(List.of(), conflicts(records), now);
            var result = new ObjectId(new String(records.getFirst(), java.nio.charset.StandardCharsets.US_ASCII));
            return new Plan(trees.changes(now.tree(), result), List.of(), now);
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    private static List<RepoPath> conflicts(List<byte[]> records) {
        var names = new LinkedHashSet<RepoPath>();
        for (var name : records.subList(1, records.size())) if (RepoPath.valid(name)) names.add(RepoPath.of(name));
        return List.copyOf(names);
    }

    private static BangerException failed(GitOutput output) {
        return new BangerException(ErrorCode.HOST_TOOL_FAILED, "git merge-tree: " + output.reason());
    }

    private BangerException unreadable(IOException e) {
        return new BangerException(ErrorCode.REPOSITORY_UNSUITABLE, host.top() + ": " + e.getMessage()).because(e);
    }

    private void needsMergeTree() {
        var version = host.git().need("version").text().replaceFirst("^git version ", "");
        var parts = Arrays.stream(version.split("[.]")).limit(2).toList();
        if (parts.size() == 2
                && parts.get(0).matches("\\d{1,4}")
                && parts.get(1).matches("\\d{1,4}")
                && Integer.parseInt(parts.get(0)) * 1000 + Integer.parseInt(parts.get(1)) >= 2038) return;
        throw new BangerException(
                ErrorCode.HOST_TOOL_MISSING,
                "git " + version + ": --apply needs 2.38 or newer",
                "--branch NAME or --patch FILE work with this one");
    }

    private boolean fileMode() {
        return !host.git()
                .run("config", "--type=bool", "--get", "core.fileMode")
                .text()
                .equals("false");
    }

    private void checkPolicy(List<Change> work) {
        boolean folds = host.git()
                .run("config", "--type=bool", "--get", "core.ignoreCase")
                .text()
                .equals("true");
        try (var links = new Contents(shadow, 4096)) {
            PathPolicy.check(
                    work,
                    entry -> links.read(entry.id())
                            .orElseThrow(() ->
                                    new BangerException(ErrorCode.WORKSPACE_REFUSED, "a link of more than 4096 bytes")),
                    folds ? Optional.of(trees.entries(whole.tree()).keySet()) : Optional.empty());
        }
    }

    /** @param passing told the number of each step before it is taken */
    void write(Plan plan, Consumer<Integer> passing) {
        if (plan.changes.isEmpty()) return;
        try (var files = HostFiles.open(host.top());
                var _ = lock();
                var _ = Uninterrupted.begin()) {
            var journal = ApplyJournal.begin(host, files);
            try {
                stage(plan, journal, files);
                journal.commit();
                for (var step : journal.steps()) {
                    passing.accept(step.number());
                    unchanged(plan, step, files);
                    journal.run(step);
                }
                passing.accept(journal.steps().size());
                journal.done();
                passing.accept(journal.steps().size() + 1);
            } catch (IOException | RuntimeException e) {
                takeBack(journal, e);
                throw e;
            }
        } catch (IOException e) {
            throw told(e);
        }
    }

    private static void takeBack(ApplyJournal journal, Exception cause) {
        try {
            journal.undo();
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
    }

    private BangerException told(IOException e) {
        var said = String.valueOf(e.getMessage());
        return new BangerException(
                        said.contains("No space left") ? ErrorCode.HOST_DISK_FULL : ErrorCode.REPOSITORY_UNSUITABLE,
                        host.top() + ": could not be written (" + said + "); everything is as it was",
                        "banger vm pull VM --patch FILE writes elsewhere")
                .because(e);
    }

    private FileChannel lock() throws IOException {
        var file = host.gitDir().resolve("banger/lock");
        try {
            Files.createDirectories(file.getParent());
            var channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (channel.tryLock() != null) return channel;
            channel.close();
        } catch (IOException e) {
            throw told(e);
        }
        throw new BangerException(
                ErrorCode.WORKSPACE_CONFLICT, host.top() + ": another banger is writing to it", "wait for it to end");
    }

    /** Removals first, then directories, then contents: a directory may come where a file was. */
    private void stage(Plan plan, ApplyJournal journal, HostFiles files) throws IOException {
        for (var change : plan.changes)
            if (change.after().isEmpty()) journal.add(ApplyJournal.Kind.DELETE, change.path());
        var directories = new LinkedHashSet<RepoPath>();
        for (var change : plan.changes)
            if (change.after().isPresent() && change.before().isEmpty())
                directories.addAll(HostFiles.above(change.path()));
        for (var directory : directories)
            if (files.stat(directory).filter(FileStat::isDirectory).isEmpty())
                journal.add(ApplyJournal.Kind.DIRECTORY, directory);
        try (var blobs = new BlobReader(shadow.git())) {
            for (var change : plan.changes) {
                if (change.after().isEmpty()) continue;
                var kind = change.before().isEmpty() ? ApplyJournal.Kind.ADD : ApplyJournal.Kind.REPLACE;
                int number = journal.add(kind, change.path());
                content(change, journal.fresh(number), files, blobs);
                journal.staged(number);
            }
        }
    }

    private static void content(Change change, Path file, HostFiles files, BlobReader blobs) throws IOException {
        var entry = change.after().orElseThrow();
        if (entry.isLink()) {
            Syscalls.symlink(blobs.read(entry.id(), (_, in) -> in.readAllBytes()), HostFiles.bytes(file));
            return;
        }
        try (var out = Files.newOutputStream(file, StandardOpenOption.CREATE_NEW)) {
            long _ = blobs.read(entry.id(), (_, in) -> in.transferTo(out));
        }
        Files.setPosixFilePermissions(file, permissions(change, file, files));
    }

    /** The bits that the file has, or that the user's umask gives a new one; a program can be run by who can read it. */
    private static Set<java.nio.file.attribute.PosixFilePermission> permissions(
            Change change, Path fresh, HostFiles files) throws IOException {
        int mode = 0;
        for (var p : Files.getPosixFilePermissions(fresh)) mode |= 1 << 8 - p.ordinal();
        var before = files.stat(change.path()).filter(FileStat::isRegular);
        if (before.isPresent()) mode = before.get().mode() & 0777;
        boolean program = change.after().orElseThrow().mode() == TreeEntry.PROGRAM;
        boolean same = change.before()
                .filter(b ->
                        b.isFile() && b.mode() == change.after().orElseThrow().mode())
                .isPresent();
        if (!same) mode = program ? mode | (mode & 0444) >> 2 : mode & ~0111;
        var text = new StringBuilder();
        for (int bit = 8; bit >= 0; bit--) text.append((mode >> bit & 1) == 1 ? "rwx".charAt((8 - bit) % 3) : '-');
        return PosixFilePermissions.fromString(text.toString());
    }

    /** Somebody may have written meanwhile: what was merged is not what is there then. */
    private void unchanged(Plan plan, ApplyJournal.Step step, HostFiles files) throws IOException {
        if (step.kind() == ApplyJournal.Kind.DIRECTORY) return;
        var then = Optional.ofNullable(plan.now.stats().get(step.path()));
        var now = files.stat(step.path());
        boolean same = then.isEmpty()
                ? now.isEmpty()
                : now.filter(n -> n.holds(then.get())).isPresent();
        if (!same)
            throw new BangerException(
                    ErrorCode.WORKSPACE_CONFLICT,
                    host.top() + ": " + step.path() + " changed while this was under way; everything is as it was",
                    "the same again");
    }

    /** What an earlier one could not end is taken back, or cleared away. */
    static void finishLeft(HostRepository host, Consumer<String> tell) {
        try (var files = HostFiles.open(host.top())) {
            for (var journal : ApplyJournal.left(host, files)) {
                if (journal.wasDone()) {
                    journal.clear();
                    continue;
                }
                var kept = new HashSet<>(journal.undo());
                tell.accept(
                        kept.isEmpty()
                                ? host.top() + ": took back an --apply that was cut short"
                                : host.top() + ": took back an --apply that was cut short, but for "
                                        + String.join(", ", Shown.few(kept)) + ", changed since; originals in "
                                        + journal.root());
            }
        } catch (IOException e) {
            throw new BangerException(
                            ErrorCode.REPOSITORY_UNSUITABLE,
                            host.top() + ": an --apply that was cut short cannot be taken back (" + e.getMessage()
                                    + ")")
                    .because(e);
        }
    }
}
