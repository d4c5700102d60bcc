package banger.workspace.out;

import banger.api.Printable;
import banger.workspace.GuestPath;
import banger.workspace.WorkspaceDirectory;
import banger.workspace.WorkspaceRecord;
import banger.workspace.git.ObjectId;
import banger.workspace.git.Shadow;
import banger.workspace.wire.Scan;
import io.avaje.json.JsonException;
import io.avaje.jsonb.Jsonb;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What of a workspace would be lost with its VM: a tip of the guest's history that was neither delivered nor pulled, a
 * file that differs from what was delivered and was not pulled as it is, a repository inside. Ignored files do not
 * count.
 */
public final class Unpulled {
    private static final String FILE = "unpulled.json";
    private static final int FEW = 10;

    private Unpulled() {}

    /** @param collected empty when a scan alone showed that nothing changed */
    record Look(WorkVerdict verdict, Optional<Collected> collected) {}

    /** Asks a guest that runs. A workspace in which nothing changed costs a scan and nothing else. */
    public static WorkVerdict ask(Guest guest, Delivered delivered) {
        return look(guest, delivered).verdict;
    }

    /**
     * Has a guest that is about to be saved look at what was delivered, and write down what of it is not as it was. What was
     * not delivered is nobody's business yet, and may be much.
     */
    public static void seen(Guest guest, Delivered delivered) {
        var path = new GuestPath(delivered.record().guestPath());
        try (var scan =
                new Scan(guest.converse("scan", path), delivered.record().objectFormat())) {
            scan.begin(true);
            if (scan.state().state() != Scan.Completeness.COMPLETE) return;
            scan.changes();
            for (int n; (n = scan.level().names().size()) > 0; ) {
                var all = new BitSet(n);
                all.set(0, n);
                scan.verdict(all, n);
            }
        }
    }

    static Look look(Guest guest, Delivered delivered) {
        var collector = new Collector(guest, delivered);
        var told = collector.scan();
        var known = delivered.tips();
        if (told.present().isEmpty()
                && told.deleted().isEmpty()
                && collector.repositories().isEmpty()
                && told.refs().stream().allMatch(r -> known.contains(r.id())))
            return new Look(WorkVerdict.NOTHING, Optional.empty());
        var collected = collector.collect(told);
        return new Look(verdict(collected), Optional.of(collected));
    }

    private static WorkVerdict verdict(Collected collected) {
        var shadow = collected.delivered().shadow();
        var pulled = Pulled.of(shadow);
        var lines = new ArrayList<String>();
        for (var ref : GuestCommits.unknown(collected))
            if (!reached(shadow, ref.id(), collected.delivered(), pulled))
                lines.add(ref.id().brief() + " " + Printable.line(ref.name().replaceFirst("^refs/heads/", "")));
        if (!pulled.trees().contains(collected.tree())) {
            var before = pulled.last().orElse(collected.delivered().base());
            var changes = new Trees(shadow).changes(before, collected.tree());
            changes.stream().limit(FEW).forEach(c -> lines.add(c.letter() + " " + c.path()));
            if (changes.size() > FEW) lines.add("and " + (changes.size() - FEW) + " more files");
        }
        for (var path : collected.repositories()) lines.add(path + "/ (a repository of its own)");
        for (var path : collected.tooLarge()) lines.add(path + " (over 1 GiB)");
        return new WorkVerdict(!lines.isEmpty(), List.copyOf(lines));
    }

    /** Whether a tip lies in the history of what was delivered or pulled. */
    private static boolean reached(Shadow shadow, ObjectId tip, Delivered delivered, Pulled pulled) {
        if (pulled.tips().contains(tip)) return true;
        if (!shadow.git().run("cat-file", "-e", tip.hex()).ok()) return false;
        var arguments = new ArrayList<>(List.of("rev-list", "--count", "--max-count=1", tip.hex(), "--not"));
        delivered.tips().forEach(t -> arguments.add(t.hex()));
        pulled.tips().forEach(t -> arguments.add(t.hex()));
        var run = shadow.git().run(arguments.toArray(String[]::new));
        return run.ok() && run.text().equals("0");
    }

    /** The workspace of a directory; empty when none was delivered to its end. */
    public static Optional<Delivered> delivered(Map<String, String> environment, WorkspaceDirectory directory) {
        return directory.load().flatMap(r -> open(environment, directory, r));
    }

    private static Optional<Delivered> open(
            Map<String, String> environment, WorkspaceDirectory directory, WorkspaceRecord record) {
        return Shadow.open(environment, directory.shadow(), record.objectFormat())
                .map(s -> new Delivered(record, s));
    }

    private static Path file(WorkspaceDirectory directory) {
        return directory.root().resolve(FILE);
    }

    /** Writes down what was found when the VM stopped. */
    public static void store(WorkspaceDirectory directory, WorkVerdict verdict) {
        var temporary = file(directory).resolveSibling(FILE + ".new");
        try {
            Files.writeString(
                    temporary, Jsonb.instance().type(WorkVerdict.class).toJson(verdict));
            Files.move(temporary, file(directory), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw Disk.failed(temporary, e);
        }
    }

    /** What was found when the VM stopped last; empty: it was not asked, or has run since. */
    public static Optional<WorkVerdict> stored(WorkspaceDirectory directory) {
        try {
            return Optional.of(Jsonb.instance().type(WorkVerdict.class).fromJson(Files.readString(file(directory))));
        } catch (NoSuchFileException | JsonException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw Disk.failed(file(directory), e);
        }
    }

    /** The VM is about to run: what was found counts no longer. */
    public static void forget(WorkspaceDirectory directory) {
        try {
            Files.deleteIfExists(file(directory));
        } catch (IOException e) {
            throw Disk.failed(file(directory), e);
        }
    }
}
