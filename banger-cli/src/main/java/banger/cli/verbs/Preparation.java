package banger.cli.verbs;

import banger.api.BangerException;
import banger.api.Printable;
import banger.api.Size;
import banger.api.Times;
import banger.api.model.VmInfo;
import banger.api.model.WorkspaceInfo;
import banger.cli.Session;
import banger.workspace.GuestPath;
import banger.workspace.WorkspaceDirectory;
import banger.workspace.in.Import;
import banger.workspace.in.Listed;
import banger.workspace.in.Source;
import banger.workspace.wire.Prepare;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Brings a repository into a VM and tells about it. */
final class Preparation {
    private static final int NAMED = 8;

    private final Session session;

    Preparation(Session session) {
        this.session = session;
    }

    /** The exact list, and nothing else. */
    void list(Source source) {
        list(source, "");
        session.terminal()
                .line(count(source.count()) + ", " + Size.human(source.bytes()) + ", at " + source.head()
                        + "; nothing was made");
        leftOut(source);
    }

    private void list(Source source, String prefix) {
        var out = session.terminal().out();
        for (var f : source.files())
            out.println(f.shownMode() + " " + String.format("%10d", f.size()) + "  " + prefix + f.path());
        for (var s : source.submodules()) list(s.source(), prefix + s.path() + "/");
    }

    private void leftOut(Source source) {
        source.notes().forEach(n -> session.terminal().note(n));
        int n = source.untrackedInAll();
        if (n > 0)
            session.terminal()
                    .note(n + " untracked file" + (n == 1 ? "" : "s") + " left out; --include-untracked takes "
                            + (n == 1 ? "it" : "them") + " along");
    }

    /**
     * Delivers and writes down where commands start from now on.
     *
     * @param force what the guest changed is overwritten; it was saved by then
     */
    WorkspaceInfo deliver(VmInfo vm, Source source, Import packed, GuestPath path, boolean force) {
        return deliver(vm, source, packed, path, force, true, Optional.empty());
    }

    /** The same where a saved machine has just gone on, to which what differs comes. */
    WorkspaceInfo deliverToSaved(VmInfo vm, Source source, Import packed, GuestPath path) {
        // Asking takes an emulated guest longer than the rest of a small delivery.
        var without = WorkspaceDirectory.of(session.layout(), vm.id(), path).withoutMise();
        var mise = Files.exists(without) ? Optional.of(false) : Optional.<Boolean>empty();
        return deliver(vm, source, packed.fresh(), path, false, true, mise);
    }

    /** The same for a VM that is nobody's yet. What there is to be said is said when somebody gets it. */
    WorkspaceInfo deliverForSetup(VmInfo vm, Source source, Import packed, GuestPath path) {
        return deliver(vm, source, packed.withoutIdentity(), path, false, false, Optional.empty());
    }

    private WorkspaceInfo deliver(
            VmInfo vm,
            Source source,
            Import packed,
            GuestPath path,
            boolean force,
            boolean notes,
            Optional<Boolean> mise) {
        var began = System.nanoTime();
        var daemon = session.daemon();
        session.terminal()
                .live("workspace " + shown(session, source.repository().top()) + ": copying");
        var outcome = packed.deliver(vm.id(), new DaemonGuest(daemon, vm.id(), vm.name()), force);
        long took = (System.nanoTime() - began) / 1_000_000;
        tell(source, outcome, took);
        if (notes) notes(source, outcome);
        var prefix = source.repository().prefix().replaceFirst("/$", "");
        var record = outcome.record();
        var info = new WorkspaceInfo(
                path.value(),
                directory(path, prefix).value(),
                mise.orElseGet(() -> Tooling.found(daemon, vm.id(), path, source)),
                new String(record.hostTop(), StandardCharsets.UTF_8),
                record.branch(),
                record.head(),
                record.preparedAt());
        return daemon.send("PUT", Paths.vm(vm.id()) + "/workspace", WorkspaceInfo.class, info, WorkspaceInfo.class);
    }

    /** The same place in the work tree as the one that was named; its top where that has no name for a guest. */
    private static GuestPath directory(GuestPath path, String prefix) {
        try {
            return path.below(prefix);
        } catch (BangerException e) {
            return path;
        }
    }

    private void tell(Source source, Import.Outcome outcome, long took) {
        var line = new StringBuilder(
                "workspace " + shown(session, source.repository().top()) + " at " + source.head() + ": ");
        line.append(count(outcome.sent())).append(", ").append(Size.human(outcome.bytes()));
        if (outcome.sent() < source.count()) line.append(" of ").append(count(source.count()));
        if (!outcome.removed().isEmpty())
            line.append(", ").append(outcome.removed().size()).append(" removed");
        line.append(" in ").append(Times.took(took));
        session.terminal().line(line.toString());
    }

    private void notes(Source source, Import.Outcome outcome) {
        var t = session.terminal();
        leftOut(source);
        for (var remote : outcome.stripped())
            t.note("remote " + Printable.quote(remote) + ": its credentials stay here, the URL goes without them");
        if (!outcome.unsteady().isEmpty())
            t.warning(count(outcome.unsteady().size()) + " changed while being copied: " + names(outcome.unsteady())
                    + "; prepare again to be sure of them");
        if (!outcome.kept().isEmpty())
            t.warning(count(outcome.kept().size()) + " kept as the guest has them: "
                    + names(outcome.kept().stream().map(Prepare.Kept::path).toList()) + "; --force overwrites");
        for (var moved : outcome.moved())
            t.warning(moved + ": the guest has commits or an index of its own, which stay; the host's commit is "
                    + "refs/remotes/host/"
                    + (source.head().branch().isEmpty() ? "HEAD" : source.head().branch()) + " there");
    }

    private static String names(List<?> paths) {
        var shown = paths.stream().limit(NAMED).map(Object::toString).toList();
        return String.join(", ", shown) + (paths.size() > NAMED ? " and " + (paths.size() - NAMED) + " more" : "");
    }

    private static String count(int n) {
        return n + (n == 1 ? " file" : " files");
    }

    /** A path of the host's as people write it. */
    static String shown(Session session, Path top) {
        var home = session.environment().getOrDefault("HOME", "");
        var text = top.toString();
        if (!home.isEmpty() && text.startsWith(home + "/")) text = "~" + text.substring(home.length());
        return Printable.line(text);
    }

    /** Whether a listed file at the top of the work tree has this name. */
    static boolean has(Source source, String name) {
        return source.files().stream()
                .map(Listed::path)
                .anyMatch(p -> p.toString().equals(name));
    }
}
