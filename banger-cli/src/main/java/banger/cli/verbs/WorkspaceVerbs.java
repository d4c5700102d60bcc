package banger.cli.verbs;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.model.VmInfo;
import banger.cli.Flag;
import banger.cli.Invocation;
import banger.cli.Session;
import banger.cli.Verb;
import banger.workspace.in.Import;
import banger.workspace.in.Inspection;
import java.util.ArrayList;
import java.util.List;

/** {@code vm workspace}. */
public final class WorkspaceVerbs {
    private WorkspaceVerbs() {}

    public static Verb prepare() {
        var flags = new ArrayList<>(WorkspaceFlags.ALL);
        flags.add(Flag.yes("--force", "overwrite what the guest changed, after saving it"));
        return new Verb(
                "vm workspace prepare",
                "bring a repository into a running VM, or what changed of it since",
                "VM [PATH]",
                1,
                2,
                false,
                flags,
                List.of(
                        "banger vm workspace prepare box",
                        "banger vm workspace prepare box ~/src/shop --include-untracked",
                        "banger vm workspace prepare box . --dry-run"),
                WorkspaceVerbs::prepare);
    }

    private static int prepare(Invocation i, Session session) {
        var place = WorkspaceFlags.place(i.operands().size() == 2 ? i.operands().get(1) : ".");
        var wish = WorkspaceFlags.wish(i, "vm workspace prepare", place);
        var path = WorkspaceFlags.guestPath(i);
        var source = new Inspection(session.environment()).of(wish);
        var preparation = new Preparation(session);
        if (i.has("--dry-run")) {
            preparation.list(source);
            return 0;
        }
        var vm = running(session, i.operands().getFirst());
        if (i.has("--force")) new SaveFirst(session, vm).all(path);
        var packed = Import.pack(session.layout(), session.environment(), vm.id(), source, path);
        preparation.deliver(vm, source, packed, path, i.has("--force"));
        return 0;
    }

    static VmInfo running(Session session, String reference) {
        var vm = session.daemon().get(Paths.vm(reference), VmInfo.class);
        if (!vm.state().equals("running"))
            throw new BangerException(
                    ErrorCode.VM_NOT_RUNNING, "vm " + vm.name() + ": not running", "banger vm start " + vm.name());
        return vm;
    }
}
