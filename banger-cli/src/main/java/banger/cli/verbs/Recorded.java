package banger.cli.verbs;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.model.VmInfo;
import banger.cli.Session;
import banger.workspace.GuestPath;
import banger.workspace.WorkspaceDirectory;
import banger.workspace.WorkspaceRecord;
import banger.workspace.git.HostRepository;
import banger.workspace.git.ObjectId;
import banger.workspace.git.Shadow;
import banger.workspace.out.Delivered;
import banger.workspace.out.Work;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** A VM's workspace as it was recorded when it was delivered. */
record Recorded(Session session, VmInfo vm, WorkspaceRecord record, Shadow shadow) {

    /** @param guestPath which of the VM's workspaces; empty: the one prepared last */
    static Recorded of(Session session, String reference, Optional<String> guestPath) {
        var vm = session.daemon().get(Paths.vm(reference), VmInfo.class);
        var workspace = Optional.ofNullable(vm.workspace());
        var path = guestPath.or(() -> workspace.map(w -> w.guestPath())).map(GuestPath::new);
        var directory = path.map(p -> WorkspaceDirectory.of(session.layout(), vm.id(), p));
        var record = directory.flatMap(WorkspaceDirectory::load).orElseThrow(() -> none(vm));
        var shadow = Shadow.open(session.environment(), directory.orElseThrow().shadow(), record.objectFormat())
                .orElseThrow(() -> none(vm));
        return new Recorded(session, vm, record, shadow);
    }

    private static BangerException none(VmInfo vm) {
        return new BangerException(
                ErrorCode.WORKSPACE_NONE,
                "vm " + vm.name() + ": no workspace was prepared in it",
                "banger vm workspace prepare " + vm.name() + " PATH");
    }

    /** Asks the guest for what changed. */
    Work collect() {
        if (!vm.state().equals("running"))
            throw new BangerException(
                    ErrorCode.VM_NOT_RUNNING,
                    "vm " + vm.name() + ": its work can be read only while it runs",
                    "banger vm start " + vm.name());
        session.terminal().live("vm " + vm.name() + ": looking for changes");
        var workTrees = new Delivered(record, shadow).withSubmodules(session.layout(), session.environment());
        var work = Work.collect(new DaemonGuest(session.daemon(), vm.id(), vm.name()), workTrees);
        session.terminal().clearLive();
        return work;
    }

    /**
     * The repository that it came from, or another clone of it that was named.
     *
     * @throws BangerException {@code repository.unsuitable}
     */
    HostRepository repository(Optional<String> named) {
        var top = named.map(Path::of).orElseGet(() -> Path.of(new String(record.hostTop(), StandardCharsets.UTF_8)));
        if (!Files.isDirectory(top))
            throw new BangerException(
                    ErrorCode.REPOSITORY_UNSUITABLE,
                    top + ": the repository is not there any more",
                    "name where it is now: banger vm pull " + vm.name() + " PATH",
                    "or banger vm pull " + vm.name() + " --patch FILE");
        var host = HostRepository.discover(session.environment(), top);
        Work.finishLeft(host, session.terminal()::note);
        if (!record.head().isEmpty()
                && !host.git()
                        .run("cat-file", "-e", new ObjectId(record.head()).hex() + "^{commit}")
                        .ok())
            throw new BangerException(
                    ErrorCode.REPOSITORY_UNSUITABLE,
                    host.top() + ": has no commit " + record.head().substring(0, 7) + ", which vm " + vm.name()
                            + " was made from",
                    "name the repository it came from: banger vm pull " + vm.name() + " PATH");
        return host;
    }
}
