package banger.cli.verbs;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.cli.Flag;
import banger.cli.Invocation;
import banger.cli.Json;
import banger.cli.RawMode;
import banger.cli.Session;
import banger.cli.Verb;
import banger.workspace.RepoPath;
import banger.workspace.git.ObjectId;
import banger.workspace.out.Work;
import banger.workspace.out.WorkDiff;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** {@code vm diff}: what changed in a VM's workspace. */
public final class DiffVerb {
    private static final int COLUMNS = 80;

    private DiffVerb() {}

    public static Verb verb() {
        return new Verb(
                "vm diff",
                "what changed in a VM's workspace since it was delivered, committed or not",
                "VM",
                1,
                1,
                false,
                List.of(
                        Flag.yes("--stat", "a line a file"),
                        Flag.yes("--name-only", "names alone"),
                        Flag.yes("--json", "names and refs as JSON on stdout"),
                        Flag.of("--guest-path", "DIR", "another workspace of the VM (default: the one prepared last)")),
                List.of(
                        "banger vm diff brave-otter",
                        "banger vm diff brave-otter --stat",
                        "banger vm diff brave-otter > changes.patch"),
                DiffVerb::run);
    }

    private static int run(Invocation i, Session session) {
        if (List.of("--stat", "--name-only", "--json").stream().filter(i::has).count() > 1)
            throw new BangerException(ErrorCode.USAGE, "vm diff: --stat, --name-only and --json exclude each other");
        var recorded = Recorded.of(session, i.operands().getFirst(), i.value("--guest-path"));
        var work = recorded.collect();
        try {
            show(i, session, recorded, work);
        } catch (IOException e) {
            // Whoever reads our output has enough, as with any command before a pipe.
            return 1;
        }
        notes(session, recorded.vm().name(), work);
        return 0;
    }

    private static void show(Invocation i, Session session, Recorded recorded, Work work) throws IOException {
        var terminal = session.terminal();
        if (i.has("--json")) {
            terminal.out().println(Json.of(WorkDiff.class, json(recorded, work)));
        } else if (i.has("--name-only")) {
            for (var change : work.changes()) {
                if (terminal.outputIsTerminal()) terminal.out().println(change.path());
                else {
                    session.streams().out().write(change.path().bytes());
                    session.streams().out().write('\n');
                }
            }
        } else if (i.has("--stat")) {
            stat(session, work);
        } else if (terminal.outputIsTerminal()) {
            try (var out = new DiffOutput(session.streams().out(), terminal.outputTakesColor())) {
                work.readable(out);
            }
        } else {
            work.patch(session.streams().out());
        }
    }

    /** A line a file on standard output. */
    static void stat(Session session, Work work) throws IOException {
        boolean tty = session.terminal().outputIsTerminal();
        int columns = tty ? RawMode.size()[0] : COLUMNS;
        try (var out = new DiffOutput(session.streams().out(), false)) {
            work.stat(columns < 20 ? COLUMNS : columns, out);
        }
    }

    private static WorkDiff json(Recorded recorded, Work work) {
        return new WorkDiff(
                recorded.vm().name(),
                recorded.record().guestPath(),
                work.deliveredHead().map(ObjectId::hex).orElse(""),
                work.changes().stream()
                        .map(c -> new WorkDiff.File(
                                new String(c.path().bytes(), StandardCharsets.UTF_8),
                                c.path().bytes(),
                                String.valueOf(c.letter()),
                                c.after()
                                        .map(e -> Integer.toOctalString(e.mode()))
                                        .orElse("")))
                        .toList(),
                work.newTips().stream()
                        .filter(t -> t.submodule().isEmpty())
                        .map(Work.Tip::name)
                        .toList(),
                work.submodules(),
                work.repositories().stream().map(RepoPath::toString).toList());
    }

    /** What a diff does not show, on standard error. */
    static void notes(Session session, String vm, Work work) {
        var terminal = session.terminal();
        for (var path : work.repositories())
            terminal.note(path + ": a repository of its own in vm " + vm + ", not part of this");
        for (var path : work.tooLarge()) terminal.warning(path + ": over 1 GiB, left out");
        for (var path : work.unsteady()) terminal.warning(path + ": changed while it was read");
    }
}
