package banger.cli.verbs;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Printable;
import banger.cli.Flag;
import banger.cli.Invocation;
import banger.cli.Session;
import banger.cli.Verb;
import banger.workspace.RepoPath;
import banger.workspace.git.HostRepository;
import banger.workspace.out.BranchWish;
import banger.workspace.out.Branches;
import banger.workspace.out.Work;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** {@code vm pull}: the work in a VM comes back. */
public final class PullVerb {
    private static final List<String> MODES = List.of("--branch", "--apply", "--patch");
    private static final int FEW = 10;
    private static final int MANY = 30;

    private final Session session;
    private final Invocation i;
    private final Recorded recorded;
    private final String vm;
    private Optional<HostRepository> repository = Optional.empty();
    private boolean warned;

    private PullVerb(Session session, Invocation i, Recorded recorded) {
        this.session = session;
        this.i = i;
        this.recorded = recorded;
        this.vm = recorded.vm().name();
    }

    public static Verb verb() {
        return new Verb(
                "vm pull",
                "bring the work in a VM back into the repository it came from",
                "VM [PATH]",
                1,
                2,
                false,
                List.of(
                        Flag.of(
                                "--branch",
                                "NAME",
                                "as a new branch: the VM's commits, and one of what is not committed"),
                        Flag.yes("--all-branches", "with --branch: every branch of the VM, as NAME/BRANCH"),
                        Flag.yes("--apply", "onto your files as they are now; refused where they conflict"),
                        Flag.of("--patch", "FILE", "into a file for git apply"),
                        Flag.yes("--dry-run", "show what would be done, do nothing"),
                        Flag.yes("--raw", "with --branch: files that a filter stands before, as they lie in the VM"),
                        Flag.yes("--allow-config", "with --apply: also files that banger or git obey by themselves"),
                        Flag.of("--guest-path", "DIR", "another workspace of the VM (default: the one prepared last)")),
                List.of(
                        "banger vm pull brave-otter",
                        "banger vm pull brave-otter --branch otter",
                        "banger vm pull brave-otter --apply --dry-run",
                        "banger vm pull brave-otter --patch otter.patch"),
                PullVerb::run);
    }

    private static int run(Invocation i, Session session) {
        if (MODES.stream().filter(i::has).count() > 1)
            throw new BangerException(ErrorCode.USAGE, "vm pull: --branch, --apply and --patch exclude each other");
        needs(i, "--all-branches", "--branch");
        needs(i, "--raw", "--branch");
        needs(i, "--allow-config", "--apply");
        var recorded = Recorded.of(session, i.operands().getFirst(), i.value("--guest-path"));
        return new PullVerb(session, i, recorded).pull();
    }

    private static void needs(Invocation i, String flag, String other) {
        if (i.has(flag) && !i.has(other))
            throw new BangerException(ErrorCode.USAGE, "vm pull: " + flag + " needs " + other);
    }

    private int pull() {
        var named = i.operands().size() == 2 ? Optional.of(i.operands().get(1)) : Optional.<String>empty();
        // Refused before anything is asked of the guest.
        if (!i.has("--patch")) repository = Optional.of(recorded.repository(named));
        var work = recorded.collect();
        DiffVerb.notes(session, vm, work);
        if (!work.any()) {
            session.terminal().line("vm " + vm + ": nothing to pull");
            return 0;
        }
        if (i.has("--branch")) return branch(work, named, i.value("--branch").orElseThrow());
        if (i.has("--apply")) return apply(work, named);
        if (i.has("--patch")) return patch(work, i.value("--patch").orElseThrow());
        return ask(work, named);
    }

    private int ask(Work work, Optional<String> named) {
        show(work);
        if (work.pulledBefore()) session.terminal().line("vm " + vm + ": all of this was pulled already");
        if (i.has("--dry-run")) return 0;
        if (!session.terminal().interactive()) {
            session.terminal()
                    .error(
                            "vm " + vm + ": nothing was pulled, for it cannot be asked here how",
                            List.of("banger vm pull " + vm + " --branch " + vm + ", or --apply, or --patch FILE"));
            return 1;
        }
        while (true) {
            var answer = Question.line(session, "as a branch, apply to your files, as a patch, or quit? [b/a/p/Q] ");
            switch (answer) {
                case "b", "branch" -> {
                    return branch(work, named, orElse(Question.line(session, "branch name [" + vm + "]: "), vm));
                }
                case "a", "apply" -> {
                    return apply(work, named);
                }
                case "p", "patch" -> {
                    var file = vm + ".patch";
                    return patch(work, orElse(Question.line(session, "file [" + file + "]: "), file));
                }
                case "", "q", "quit" -> {
                    session.terminal().line("vm " + vm + ": nothing was pulled");
                    return 1;
                }
                default -> {}
            }
        }
    }

    private static String orElse(String answer, String otherwise) {
        return answer.isEmpty() ? otherwise : answer;
    }

    private void show(Work work) {
        try {
            DiffVerb.stat(session, work);
        } catch (IOException e) {
            return; // nobody reads it
        }
        for (var tip : work.newTips())
            session.terminal()
                    .line(in(tip.submodule()) + "commits on " + shown(tip.name()) + " that the host does not have");
        selfRunning(work);
    }

    /** Before what is told of a submodule. */
    private static String in(Optional<RepoPath> submodule) {
        return submodule.map(s -> "submodule " + s + ": ").orElse("");
    }

    /** A branch by the name that people give it. */
    private static String shown(String ref) {
        return Printable.line(ref.replaceFirst("^refs/heads/", ""));
    }

    /** Once, however often something is asked. */
    private void selfRunning(Work work) {
        if (work.selfRunning().isEmpty() || warned) return;
        warned = true;
        session.terminal().line("runs on its own:");
        few(work.selfRunning()).forEach(l -> session.terminal().line("  " + l));
    }

    private static List<String> few(Collection<RepoPath> paths) {
        var lines = new ArrayList<>(
                paths.stream().limit(FEW).map(RepoPath::toString).toList());
        if (paths.size() > FEW) lines.add("and " + (paths.size() - FEW) + " more");
        return lines;
    }

    private int branch(Work work, Optional<String> named, String name) {
        var host = repository.orElseGet(() -> recorded.repository(named));
        boolean dry = i.has("--dry-run");
        var made = work.branch(host, new BranchWish(name, i.has("--all-branches"), i.has("--raw"), dry));
        selfRunning(work);
        if (made.stream().allMatch(m -> m.tips().isEmpty()))
            session.terminal().line("vm " + vm + ": nothing to pull on its branch");
        for (var one : made.reversed()) if (!one.tips().isEmpty()) told(one, dry);
        if (!dry && !made.getFirst().tips().isEmpty())
            session.terminal().dim("  " + look(made.getFirst(), named.isPresent()));
        made.forEach(this::stays);
        return 0;
    }

    /**
     * A command that shows a new branch.
     *
     * @param elsewhere whether it is in another clone, which may have no branch of the name
     */
    private String look(Branches made, boolean elsewhere) {
        var branch = made.tips().keySet().iterator().next();
        if (made.base().isEmpty()) return "git log -p " + branch;
        var from = recorded.record().hostBranch();
        return "git diff " + (elsewhere || from.isEmpty() ? made.base().get().brief() : from) + "..." + branch;
    }

    private void told(Branches made, boolean dry) {
        var first = made.tips().keySet().iterator().next();
        var in = in(made.submodule());
        long commits = made.commits() + (made.uncommitted() ? 1 : 0);
        session.terminal()
                .line(in + "branch " + first + ": " + (dry ? "would get " : "")
                        + counted(commits, "commit", "commits") + " from vm " + vm
                        + (made.uncommitted()
                                ? commits == 1 ? ", of uncommitted work" : " (1 of them uncommitted work)"
                                : "")
                        + made.base().map(h -> ", based on " + h.brief()).orElse(""));
        made.tips().keySet().stream()
                .skip(1)
                .forEach(b -> session.terminal()
                        .line(in + "branch " + Printable.line(b) + (dry ? ": would be made" : ": made")));
        if (made.hostEdits())
            session.terminal().line(in + "your own uncommitted edits at the time it was delivered are in it too");
    }

    private void stays(Branches made) {
        var in = in(made.submodule());
        for (var other : made.others())
            session.terminal()
                    .note(in + "branch " + Printable.line(other) + " of the VM has commits too: --all-branches");
        if (made.stashes() > 0)
            session.terminal()
                    .note(in + counted(made.stashes(), "stash entry stays", "stash entries stay") + " in the VM");
    }

    private static String counted(long n, String one, String many) {
        return n + " " + (n == 1 ? one : many);
    }

    private int apply(Work work, Optional<String> named) {
        var host = repository.orElseGet(() -> recorded.repository(named));
        boolean dry = i.has("--dry-run");
        var applied = work.apply(host, i.has("--allow-config"), dry);
        if (!applied.conflicts().isEmpty()) {
            var remedies = new ArrayList<>(few(applied.conflicts()));
            if (!dry) remedies.add("the VM's changes are in " + recovery(work));
            remedies.add("banger vm pull " + vm + " --branch " + vm + ", then git merge " + vm);
            throw new BangerException(
                    ErrorCode.WORKSPACE_CONFLICT,
                    host.top() + ": " + counted(applied.conflicts().size(), "file conflicts", "files conflict")
                            + " with vm " + vm + "; nothing was written",
                    remedies);
        }
        if (applied.changes().isEmpty()) {
            session.terminal().line(host.top() + ": has all of vm " + vm + "'s changes already");
            return 0;
        }
        selfRunning(work);
        applied.changes().stream().limit(MANY).forEach(c -> session.terminal().line(" " + c.letter() + " " + c.path()));
        if (applied.changes().size() > MANY)
            session.terminal().line(" and " + (applied.changes().size() - MANY) + " more");
        session.terminal()
                .line(host.top() + ": " + (dry ? "would change " : "changed ")
                        + counted(applied.changes().size(), "file", "files") + ", from vm " + vm);
        if (dry)
            work.refusal(i.has("--allow-config")).ifPresent(refused -> {
                throw refused;
            });
        return 0;
    }

    private Path recovery(Work work) {
        var file = session.layout()
                .rescue()
                .resolve(vm + "-" + Instant.now().toString().replaceAll("[^0-9TZ]", "") + ".patch");
        try {
            Files.createDirectories(session.layout().rescue());
        } catch (IOException e) {
            throw new BangerException(ErrorCode.HOST_DISK_FULL, file + ": " + e.getMessage()).because(e);
        }
        work.patchOnly(file);
        return file;
    }

    private int patch(Work work, String name) {
        var file = Path.of(name);
        selfRunning(work);
        var files = counted(work.changes().size(), "file", "files");
        if (i.has("--dry-run")) {
            session.terminal().line(file + ": would get the changes of " + files + " from vm " + vm);
            return 0;
        }
        work.patchTo(file);
        session.terminal()
                .line(file + ": changes of " + files + " from vm " + vm + "; git apply "
                        + Printable.word(file.toString()));
        if (!work.newTips().isEmpty())
            session.terminal()
                    .note("a patch has no commits; they stay in the VM: "
                            + String.join(
                                    ", ",
                                    Stream.concat(
                                                    work.newTips().stream()
                                                            .limit(FEW)
                                                            .map(t -> in(t.submodule()) + shown(t.name())),
                                                    work.newTips().size() > FEW ? Stream.of("…") : Stream.<String>of())
                                            .toList()));
        return 0;
    }
}
