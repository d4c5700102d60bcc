package banger.cli.verbs;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Printable;
import banger.api.model.CommandStatus;
import banger.api.model.SnapshotInfo;
import banger.api.model.TakeSnapshot;
import banger.api.model.VmInfo;
import banger.api.model.WorkspaceInfo;
import banger.cli.Flag;
import banger.cli.GuestCommand;
import banger.cli.Invocation;
import banger.cli.Session;
import banger.cli.Verb;
import banger.workspace.GuestPath;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** {@code vm exec}. */
public final class ExecVerbs {
    static final List<Flag> EXEC_FLAGS = Flag.about(
            "the command",
            List.of(
                    Flag.yes("-t, --tty", "give the command a terminal even when ours is none"),
                    Flag.yes("-T, --no-tty", "give it none"),
                    Flag.of("-u, --user", "USER", "run as this user of the guest (default: root)"),
                    Flag.of("-w, --cwd", "DIR", "run in this directory (default: the workspace, else the home)"),
                    Flag.of("-e, --env", "NAME=VALUE", "set a variable; may be given several times")));

    /** Of a command in the timeline. */
    private static final int LONGEST_LABEL = 120;

    private ExecVerbs() {}

    public static Verb exec() {
        var flags = new ArrayList<>(EXEC_FLAGS);
        flags.addAll(Flag.about(
                "the workspace",
                List.of(
                        Flag.of("--guest-path", "DIR", "run in this workspace (default: the one prepared last)"),
                        Flag.yes("--auto-prepare", "bring in first what changed on the host"))));
        flags.addAll(Flag.about(
                "the way back",
                List.of(
                        Flag.yes("--checkpoint", "keep the disks as they are before it (banger vm undo)"),
                        Flag.yes("--no-checkpoint", "do not, though the configuration says so"),
                        Flag.yes("--memory", "with --checkpoint: the memory too; other sessions end"))));
        return new Verb(
                "vm exec",
                "a command in a running VM, in its workspace; its exit status is yours",
                "VM -- COMMAND…",
                1,
                1,
                true,
                flags,
                List.of("banger vm exec brave-otter -- make test", "tar c src | banger vm exec brave-otter -- tar x"),
                ExecVerbs::run);
    }

    private static int run(Invocation i, Session session) {
        if (i.command().isEmpty())
            throw new BangerException(
                    ErrorCode.USAGE,
                    "vm exec: no command",
                    "banger vm exec " + i.operands().getFirst() + " -- uname -a");
        var path = i.value("--guest-path").map(GuestPath::new);
        tty(i);
        environment(i);
        if (i.has("--checkpoint") && i.has("--no-checkpoint"))
            throw new BangerException(
                    ErrorCode.USAGE, "--checkpoint and --no-checkpoint exclude each other", "leave one of them out");
        var vm = session.daemon().get(Paths.vm(i.operands().getFirst()), VmInfo.class);
        boolean checkpoint = i.has("--checkpoint") || vm.checkpoints() && !i.has("--no-checkpoint");
        if (i.has("--memory") && !checkpoint)
            throw new BangerException(ErrorCode.USAGE, "--memory: says more about --checkpoint", "add --checkpoint");
        if (checkpoint) return checkpointed(session, vm, i, path);
        return run(session, vm, i, path);
    }

    /** Its status is written beside the state that it can be undone to. */
    private static int checkpointed(Session session, VmInfo vm, Invocation i, Optional<GuestPath> path) {
        var at = Paths.vm(vm.id());
        var before = SnapshotVerbs.take(
                session, at, new TakeSnapshot(SnapshotVerbs.CHECKPOINT, label(i), i.has("--memory")));
        int status = run(session, vm, i, path);
        session.daemon()
                .send(
                        "PATCH",
                        at + "/snapshots/" + before.number(),
                        CommandStatus.class,
                        new CommandStatus(status),
                        SnapshotInfo.class);
        return status;
    }

    private static String label(Invocation i) {
        var words = i.command().stream()
                .map(w -> Printable.line(new String(w, StandardCharsets.UTF_8)))
                .collect(Collectors.joining(" "));
        return words.length() <= LONGEST_LABEL ? words : words.substring(0, LONGEST_LABEL - 1) + "…";
    }

    private static int run(Session session, VmInfo vm, Invocation i, Optional<GuestPath> path) {
        var recorded = Optional.ofNullable(vm.workspace());
        if (path.isPresent() && !path.map(GuestPath::value).equals(recorded.map(WorkspaceInfo::guestPath)))
            return inWorkspace(session, vm.id(), i, Optional.of(at(path.get(), recorded)), vm.nat());
        if (i.has("--auto-prepare") && recorded.isEmpty())
            throw new BangerException(
                    ErrorCode.WORKSPACE_NONE,
                    "vm " + vm.name() + ": no workspace was prepared in it",
                    "banger vm workspace prepare " + vm.name() + " PATH");
        var workspace = recorded.map(w -> new HostMoved(session, vm, w).checked(i.has("--auto-prepare")));
        return inWorkspace(session, vm.id(), i, workspace, vm.nat());
    }

    private static WorkspaceInfo at(GuestPath path, Optional<WorkspaceInfo> recorded) {
        return new WorkspaceInfo(
                path.value(), path.value(), recorded.map(WorkspaceInfo::mise).orElse(false), "", "", "", "");
    }

    /**
     * The command where the workspace is, behind mise where that is there. Another user has no business in
     * root's home, and whoever names a directory means that one.
     */
    static int inWorkspace(
            Session session, String vm, Invocation i, Optional<WorkspaceInfo> workspace, boolean network) {
        boolean own = i.value("--cwd").isEmpty() && i.value("--user").isEmpty();
        var placed = Placed.in(own ? workspace : Optional.empty(), i.command(), network);
        var environment = new ArrayList<>(placed.environment());
        environment.addAll(environment(i));
        return new GuestCommand(session)
                .run(
                        vm,
                        placed.command(),
                        tty(i),
                        i.value("--user"),
                        i.value("--cwd").or(placed::directory),
                        environment,
                        false);
    }

    static GuestCommand.Tty tty(Invocation i) {
        if (i.has("--tty") && i.has("--no-tty"))
            throw new BangerException(ErrorCode.USAGE, "--tty and --no-tty exclude each other");
        if (i.has("--tty")) return GuestCommand.Tty.YES;
        return i.has("--no-tty") ? GuestCommand.Tty.NO : GuestCommand.Tty.AUTO;
    }

    static List<String> environment(Invocation i) {
        var given = i.all("--env");
        for (var e : given)
            if (e.indexOf('=') < 1)
                throw new BangerException(ErrorCode.USAGE, "--env " + Printable.quote(e) + ": write NAME=VALUE");
        return given;
    }
}
