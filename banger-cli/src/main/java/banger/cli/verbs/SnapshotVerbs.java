package banger.cli.verbs;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Size;
import banger.api.Times;
import banger.api.model.SnapshotInfo;
import banger.api.model.TakeSnapshot;
import banger.api.model.VmInfo;
import banger.api.text.Table;
import banger.cli.Flag;
import banger.cli.Invocation;
import banger.cli.Json;
import banger.cli.Session;
import banger.cli.Verb;
import java.time.Instant;
import java.util.List;

/** What a VM was at a moment, and the way back: {@code vm snapshot}, {@code vm restore}, {@code vm undo}, {@code snapshot …}. */
public final class SnapshotVerbs {
    static final String CHECKPOINT = "checkpoint";

    private static final Flag JSON = Flag.yes("--json", "as JSON");
    private static final Flag YES = Flag.yes("-y, --yes", "do not ask");

    private SnapshotVerbs() {}

    public static Verb take() {
        return new Verb(
                "vm snapshot",
                "keep what a VM is now, to put it back or copy it later",
                "VM",
                1,
                1,
                false,
                List.of(
                        Flag.of("-l, --label", "TEXT", "what it is, for you"),
                        Flag.yes("--disks-only", "without the memory of a VM that runs; its sessions go on"),
                        JSON),
                List.of("banger vm snapshot box", "banger vm snapshot box --label before-upgrade"),
                (i, session) -> {
                    var snapshot = take(
                            session,
                            Paths.vm(i.operands().getFirst()),
                            new TakeSnapshot("asked", i.value("--label").orElse(""), !i.has("--disks-only")));
                    if (i.has("--json")) session.terminal().out().println(Json.of(SnapshotInfo.class, snapshot));
                    return 0;
                });
    }

    static SnapshotInfo take(Session session, String vm, TakeSnapshot what) {
        return session.daemon()
                .operation("POST", vm + "/snapshots", TakeSnapshot.class, what, SnapshotInfo.class, session.events());
    }

    private static List<SnapshotInfo> of(Session session, String vm) {
        return session.daemon().list(Paths.vm(vm) + "/snapshots", SnapshotInfo.class);
    }

    public static Verb list() {
        return new Verb(
                "snapshot list",
                "the snapshots of a VM",
                "VM",
                1,
                1,
                false,
                List.of(JSON),
                List.of("banger snapshot list box"),
                (i, session) -> {
                    var vm = i.operands().getFirst();
                    var all = of(session, vm);
                    if (i.has("--json")) {
                        session.terminal().out().println(Json.list(SnapshotInfo.class, all));
                        return 0;
                    }
                    if (all.isEmpty()) {
                        session.terminal().line("no snapshots of vm " + vm + "; banger vm snapshot " + vm);
                        return 0;
                    }
                    var table = new Table()
                            .number("NO")
                            .text("KIND")
                            .text("HAS")
                            .number("DISK")
                            .text("CREATED")
                            .text("LABEL");
                    for (var s : all)
                        table.row(
                                Integer.toString(s.number()),
                                s.kind(),
                                s.memory() ? "memory, disks" : "disks",
                                Size.human(s.bytes()),
                                ago(s),
                                s.label().isEmpty() ? "-" : s.label());
                    session.terminal().table(table);
                    return 0;
                });
    }

    private static String ago(SnapshotInfo s) {
        return Times.ago(Instant.parse(s.createdAt()), Instant.now());
    }

    public static Verb show() {
        return new Verb(
                "snapshot show",
                "everything about a snapshot, as JSON",
                "VM SNAPSHOT",
                2,
                2,
                false,
                List.of(),
                List.of("banger snapshot show box 1"),
                (i, session) -> {
                    session.terminal()
                            .out()
                            .println(
                                    Json.of(SnapshotInfo.class, session.daemon().get(path(i), SnapshotInfo.class)));
                    return 0;
                });
    }

    private static String path(Invocation i) {
        return Paths.vm(i.operands().getFirst()) + "/snapshots/"
                + Paths.segment(i.operands().get(1));
    }

    public static Verb remove() {
        return new Verb(
                "snapshot rm",
                "remove a snapshot, by its number or label",
                "VM SNAPSHOT",
                2,
                2,
                false,
                List.of(JSON),
                List.of("banger snapshot rm box 1", "banger snapshot rm box before-upgrade"),
                (i, session) -> {
                    var gone = session.daemon().operation("DELETE", path(i), SnapshotInfo.class, session.events());
                    if (i.has("--json")) session.terminal().out().println(Json.of(SnapshotInfo.class, gone));
                    else session.terminal().line("snapshot " + gone.vm() + " " + gone.number() + ": removed");
                    return 0;
                });
    }

    public static Verb restore() {
        return new Verb(
                "vm restore",
                "put a VM back to a snapshot, by its number or label",
                "VM SNAPSHOT",
                2,
                2,
                false,
                List.of(YES, JSON),
                List.of("banger vm restore box 1", "banger vm restore --yes box before-upgrade"),
                (i, session) -> {
                    var snapshot = session.daemon().get(path(i), SnapshotInfo.class);
                    return back(i, session, snapshot);
                });
    }

    public static Verb undo() {
        return new Verb(
                "vm undo",
                "put a VM back to before a command that ran with --checkpoint",
                "VM [STEP]",
                1,
                2,
                false,
                List.of(YES, JSON),
                List.of("banger vm undo box", "banger vm undo box 3"),
                (i, session) -> {
                    var vm = i.operands().getFirst();
                    int step = i.operands().size() == 2
                            ? Sizing.count("STEP", i.operands().get(1))
                            : 1;
                    var steps = checkpoints(session, vm);
                    if (steps.size() < step)
                        throw new BangerException(
                                ErrorCode.SNAPSHOT_NOT_FOUND,
                                "vm " + vm + ": "
                                        + (steps.isEmpty()
                                                ? "nothing to undo"
                                                : "there are " + steps.size() + " steps to undo"),
                                steps.isEmpty()
                                        ? "banger vm exec --checkpoint " + vm + " -- COMMAND"
                                        : "banger vm timeline " + vm);
                    return back(i, session, steps.get(steps.size() - step));
                });
    }

    private static List<SnapshotInfo> checkpoints(Session session, String vm) {
        return of(session, vm).stream().filter(s -> s.kind().equals(CHECKPOINT)).toList();
    }

    private static int back(Invocation i, Session session, SnapshotInfo to) {
        var what = "vm " + to.vm() + ": back to " + (to.kind().equals(CHECKPOINT) ? "before " : "snapshot ")
                + (to.kind().equals(CHECKPOINT) ? to.label() : to.number() + label(to)) + ", " + ago(to)
                + "; what was done since goes, but for a snapshot of the disks that is made first"
                + (to.memory() ? "" : "; processes end");
        if (!i.has("--yes")) {
            if (!session.terminal().interactive())
                throw new BangerException(ErrorCode.USAGE, what + "; cannot ask here", "--yes");
            session.terminal().line(what);
            if (!Question.yes(session, "go on?")) return 1;
        }
        var vm = session.daemon()
                .operation(
                        "POST",
                        Paths.vm(to.vm()) + "/snapshots/" + to.number() + "/restore",
                        VmInfo.class,
                        session.events());
        if (i.has("--json")) session.terminal().out().println(Json.of(VmInfo.class, vm));
        return 0;
    }

    private static String label(SnapshotInfo s) {
        return s.label().isEmpty() ? "" : " (" + s.label() + ")";
    }

    public static Verb timeline() {
        return new Verb(
                "vm timeline",
                "the commands that ran with --checkpoint, and the way back",
                "VM",
                1,
                1,
                false,
                List.of(JSON),
                List.of("banger vm timeline box"),
                (i, session) -> {
                    var vm = i.operands().getFirst();
                    var steps = checkpoints(session, vm);
                    if (i.has("--json")) {
                        session.terminal().out().println(Json.list(SnapshotInfo.class, steps));
                        return 0;
                    }
                    if (steps.isEmpty()) {
                        session.terminal()
                                .line("no steps in vm " + vm + "; banger vm exec --checkpoint " + vm + " -- COMMAND");
                        return 0;
                    }
                    var table = new Table()
                            .number("UNDO")
                            .text("WHEN")
                            .text("STATUS")
                            .number("DISK")
                            .text("COMMAND");
                    for (int n = 0; n < steps.size(); n++) {
                        var s = steps.get(n);
                        table.row(
                                Integer.toString(steps.size() - n),
                                ago(s),
                                s.status() == null ? "-" : Integer.toString(s.status()),
                                Size.human(s.bytes()),
                                s.label());
                    }
                    session.terminal().table(table);
                    return 0;
                });
    }
}
