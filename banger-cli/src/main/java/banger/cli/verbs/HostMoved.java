package banger.cli.verbs;

import banger.api.BangerException;
import banger.api.model.VmInfo;
import banger.api.model.WorkspaceInfo;
import banger.cli.Session;
import banger.workspace.GuestPath;
import banger.workspace.WorkspaceDirectory;
import banger.workspace.WorkspaceRecord;
import banger.workspace.in.Import;
import banger.workspace.in.Inspection;
import banger.workspace.in.Wish;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Whether the host's repository is still where it was when a workspace was prepared from it. */
final class HostMoved {
    private final Session session;
    private final VmInfo vm;
    private final WorkspaceInfo workspace;

    HostMoved(Session session, VmInfo vm, WorkspaceInfo workspace) {
        this.session = session;
        this.vm = vm;
        this.workspace = workspace;
    }

    /** Tells when it has moved on; or, asked to, brings in what changed, never over what the guest changed. */
    WorkspaceInfo checked(boolean prepare) {
        var top = Path.of(workspace.hostPath());
        if (prepare) return prepared(top);
        if (Inspection.isCertainlyAt(top, workspace.head())) return workspace;
        if (!Files.isDirectory(top)) return workspace; // gone or elsewhere: nothing to compare with
        try {
            var head = new Inspection(session.environment()).head(top);
            var now = head.commit().map(c -> c.hex()).orElse("");
            if (!now.equals(workspace.head()))
                session.terminal()
                        .warning("the host is at " + head + ", this workspace at " + brief(workspace.head())
                                + "; --auto-prepare brings it in");
        } catch (BangerException e) {
            // No repository any more: a command in the guest does not need it.
            return workspace;
        }
        return workspace;
    }

    private static String brief(String head) {
        return head.isEmpty() ? "no commit" : head.substring(0, 7);
    }

    private WorkspaceInfo prepared(Path top) {
        var path = new GuestPath(workspace.guestPath());
        var record = WorkspaceDirectory.of(session.layout(), vm.id(), path).load();
        var source = new Inspection(session.environment()).of(wish(top, record));
        var packed = Import.pack(session.layout(), session.environment(), vm.id(), source, path);
        return new Preparation(session).deliver(vm, source, packed, path, false);
    }

    /** What was wished for last time. */
    private static Wish wish(Path top, Optional<WorkspaceRecord> record) {
        if (record.isEmpty()) return Wish.of(top);
        var r = record.get();
        var branch = Optional.of(r.branch()).filter(b -> !b.isEmpty() && !b.equals(r.hostBranch()));
        var place = r.guestDirectory().isEmpty() || !Files.isDirectory(top.resolve(r.guestDirectory()))
                ? top
                : top.resolve(r.guestDirectory());
        return new Wish(
                place,
                branch,
                Optional.empty(),
                r.includeUntracked(),
                r.readonly(),
                r.mode().equals("full_copy"),
                Wish.DEPTH);
    }
}
