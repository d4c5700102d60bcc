package banger.cli.verbs;

import banger.api.Printable;
import banger.api.client.BangerClient;
import banger.api.model.VmInfo;
import banger.api.model.WorkspaceInfo;
import banger.cli.QuietCommand;
import banger.cli.Session;
import banger.workspace.GuestPath;
import banger.workspace.RepoPath;
import banger.workspace.in.Source;
import banger.workspace.in.Tools;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Has the guest's mise install what a repository asks for. That it fails is a warning, never more. */
final class Tooling {
    /** Files by which a repository asks mise itself. */
    static final List<String> FILES = List.of(".mise.toml", "mise.toml", ".tool-versions");

    private static final String FOUND = """
            command -v mise >/dev/null || exit 1
            [ $# = 0 ] || mise trust --quiet --all
            exit 0
            """;

    private static final String CACHE = "/root/.cache/banger/";

    /**
     * Constant text; what is the repository's comes as its arguments. $1: the log, the rest: tools to pin for
     * the whole guest.
     */
    private static final String INSTALL = """
            mkdir -p "${1%/*}" && exec >"$1" 2>&1 </dev/null; shift
            mise trust --quiet --all
            mise install --yes || failed=1
            [ $# = 0 ] || mise use --global --pin --yes "$@" || failed=1
            exit ${failed:-0}
            """;

    /** The same in a session of its own that outlives whoever started it. */
    private static final String BEHIND =
            "setsid -f sh -c \"$0\" sh \"$@\" 2>/dev/null || nohup sh -c \"$0\" sh \"$@\" &";

    private final Session session;
    private final VmInfo vm;
    private final WorkspaceInfo workspace;

    Tooling(Session session, VmInfo vm, WorkspaceInfo workspace) {
        this.session = session;
        this.vm = vm;
        this.workspace = workspace;
    }

    /**
     * Whether the guest has mise, which is vouched for the repository's files while we are there, as far as it goes: mise
     * refuses to read those that nobody trusts. It is not run without need: it is large, and an emulated guest that has
     * only begun takes ten seconds to load it.
     */
    static boolean found(BangerClient daemon, String vm, GuestPath path, Source source) {
        var command = new ArrayList<>(List.of("sh", "-c", FOUND, "sh"));
        if (source.files().stream().anyMatch(f -> isForMise(f.path()))) command.add("trust");
        return QuietCommand.run(daemon, vm, command, Optional.of(path.value()), List.of("MISE_YES=1"))
                .ok();
    }

    /** mise reads some twenty names, all of them like these. */
    private static boolean isForMise(RepoPath path) {
        var name = path.toString();
        return name.contains("mise") || name.endsWith(".tool-versions");
    }

    /** @param wait until it is done; else it goes on behind the session that follows */
    void bootstrap(Source source, boolean network, boolean wait) {
        var pins = Tools.pins(source);
        boolean asked = FILES.stream().anyMatch(f -> Preparation.has(source, f));
        if (!asked && pins.isEmpty()) return;
        var t = session.terminal();
        if (!network) {
            t.note("this repository asks for " + String.join(", ", pins) + ": not installed without --nat");
            return;
        }
        if (!workspace.mise()) {
            t.note("this repository asks for tools, and the image has no mise to install them");
            return;
        }
        var name = workspace.guestPath().substring(workspace.guestPath().lastIndexOf('/') + 1);
        var log = CACHE + "vm-run-tooling-" + name + ".log";
        var command = new ArrayList<>(List.of("sh", "-c"));
        if (wait) command.addAll(List.of(INSTALL, "sh", log));
        else command.addAll(List.of(BEHIND, INSTALL, log));
        command.addAll(pins);
        if (wait) t.live("vm " + vm.name() + ": installing tools");
        var ended = run(command);
        if (!wait) t.note("tools are being installed behind this; log: " + log);
        else if (ended.ok()) t.line("vm " + vm.name() + ": tools installed; log: " + log);
        else
            t.warning("not all tools could be installed"
                    + last(ended.output()).map(l -> " (" + l + ")").orElse("") + "; log: " + log + " in the guest");
    }

    private QuietCommand.Ended run(List<String> command) {
        return QuietCommand.run(
                session.daemon(), vm.id(), command, Optional.of(workspace.guestPath()), List.of("MISE_YES=1"));
    }

    private static Optional<String> last(byte[] output) {
        return new String(output, StandardCharsets.UTF_8)
                .lines()
                .filter(l -> !l.isBlank())
                .reduce((a, b) -> b)
                .map(Printable::line);
    }
}
