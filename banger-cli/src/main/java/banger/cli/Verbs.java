package banger.cli;

import banger.cli.verbs.DaemonVerbs;
import banger.cli.verbs.DiffVerb;
import banger.cli.verbs.EngineVerbs;
import banger.cli.verbs.EnvironmentVerbs;
import banger.cli.verbs.ExecVerbs;
import banger.cli.verbs.ExportVerb;
import banger.cli.verbs.ForkVerb;
import banger.cli.verbs.ImageVerbs;
import banger.cli.verbs.KernelVerbs;
import banger.cli.verbs.ListVerbs;
import banger.cli.verbs.PullVerb;
import banger.cli.verbs.RaceVerb;
import banger.cli.verbs.RepositoryVerbs;
import banger.cli.verbs.RunVerb;
import banger.cli.verbs.SnapshotVerbs;
import banger.cli.verbs.SpaceVerb;
import banger.cli.verbs.SshVerbs;
import banger.cli.verbs.StateVerbs;
import banger.cli.verbs.TemplateVerbs;
import banger.cli.verbs.VersionVerb;
import banger.cli.verbs.WorkspaceVerbs;
import java.util.List;
import java.util.Optional;

/**
 * Every command by its words. Only the one that is called is built: building all of them would cost
 * more than most of them take.
 */
final class Verbs {
    /** First names, in the order of help pages. */
    private static final List<String> NAMES = List.of(
            "vm run",
            "vm create",
            "vm start",
            "vm stop",
            "vm restart",
            "vm pause",
            "vm resume",
            "vm suspend",
            "vm snapshot",
            "vm restore",
            "vm fork",
            "vm race",
            "vm timeline",
            "vm undo",
            "vm kill",
            "vm delete",
            "vm prune",
            "vm set",
            "vm list",
            "vm show",
            "vm stats",
            "vm df",
            "vm logs",
            "vm exec",
            "vm diff",
            "vm pull",
            "vm workspace export",
            "vm ssh",
            "vm nc",
            "vm workspace prepare",
            "image list",
            "image show",
            "image pull",
            "image register",
            "image promote",
            "image delete",
            "image cache prune",
            "snapshot list",
            "snapshot show",
            "snapshot rm",
            "template list",
            "template show",
            "template build",
            "template rm",
            "template prune",
            "env list",
            "env show",
            "env build",
            "env rm",
            "env prune",
            "env init",
            "env approve",
            "engine list",
            "engine pull",
            "kernel list",
            "kernel show",
            "kernel pull",
            "kernel import",
            "kernel rm",
            "daemon status",
            "daemon socket",
            "daemon stop",
            "daemon logs",
            "doctor",
            "version",
            "completion",
            "__complete");

    /** Other names of the same commands. */
    private static final List<String> ALIASES = List.of(
            "vm rm",
            "vm ls",
            "vm ps",
            "ps",
            "image ls",
            "image rm",
            "kernel ls",
            "kernel delete",
            "template ls",
            "template delete",
            "env ls",
            "env delete");

    /** Words of the longest name. */
    private static final int LONGEST = 3;

    private Verbs() {}

    private static Optional<Verb> build(String path) {
        return Optional.ofNullable(
                switch (path) {
                    case "vm run" -> RunVerb.verb();
                    case "vm create" -> StateVerbs.create();
                    case "vm start" -> StateVerbs.start();
                    case "vm stop" -> StateVerbs.stop();
                    case "vm restart" -> StateVerbs.restart();
                    case "vm pause" -> StateVerbs.pause();
                    case "vm resume" -> StateVerbs.resume();
                    case "vm suspend" -> StateVerbs.suspend();
                    case "vm kill" -> StateVerbs.kill();
                    case "vm delete", "vm rm" -> StateVerbs.delete();
                    case "vm prune" -> StateVerbs.prune();
                    case "vm set" -> StateVerbs.set();
                    case "vm list", "vm ls", "vm ps", "ps" -> ListVerbs.list();
                    case "vm show" -> ListVerbs.show();
                    case "vm df" -> SpaceVerb.verb();
                    case "vm stats" -> ListVerbs.stats();
                    case "vm logs" -> ListVerbs.logs();
                    case "vm exec" -> ExecVerbs.exec();
                    case "vm diff" -> DiffVerb.verb();
                    case "vm pull" -> PullVerb.verb();
                    case "vm workspace export" -> ExportVerb.verb();
                    case "vm ssh" -> SshVerbs.ssh();
                    case "vm nc" -> SshVerbs.nc();
                    case "vm workspace prepare" -> WorkspaceVerbs.prepare();
                    case "image list", "image ls" -> ImageVerbs.list();
                    case "image show" -> ImageVerbs.show();
                    case "image pull" -> ImageVerbs.pull();
                    case "image register" -> ImageVerbs.register();
                    case "image promote" -> ImageVerbs.promote();
                    case "image delete", "image rm" -> ImageVerbs.delete();
                    case "image cache prune" -> ImageVerbs.pruneCache();
                    case "vm snapshot" -> SnapshotVerbs.take();
                    case "vm restore" -> SnapshotVerbs.restore();
                    case "vm fork" -> ForkVerb.verb();
                    case "vm race" -> RaceVerb.verb();
                    case "vm timeline" -> SnapshotVerbs.timeline();
                    case "vm undo" -> SnapshotVerbs.undo();
                    case "snapshot list", "snapshot ls" -> SnapshotVerbs.list();
                    case "snapshot show" -> SnapshotVerbs.show();
                    case "snapshot rm", "snapshot delete" -> SnapshotVerbs.remove();
                    case "template list", "template ls" -> TemplateVerbs.list();
                    case "template show" -> TemplateVerbs.show();
                    case "template build" -> TemplateVerbs.build();
                    case "template rm", "template delete" -> TemplateVerbs.remove();
                    case "template prune" -> TemplateVerbs.prune();
                    case "env list", "env ls" -> EnvironmentVerbs.list();
                    case "env show" -> EnvironmentVerbs.show();
                    case "env build" -> RepositoryVerbs.build();
                    case "env rm", "env delete" -> EnvironmentVerbs.remove();
                    case "env prune" -> EnvironmentVerbs.prune();
                    case "env init" -> RepositoryVerbs.init();
                    case "env approve" -> RepositoryVerbs.approve();
                    case "engine list" -> EngineVerbs.list();
                    case "engine pull" -> EngineVerbs.pull();
                    case "kernel list", "kernel ls" -> KernelVerbs.list();
                    case "kernel show" -> KernelVerbs.show();
                    case "kernel pull" -> KernelVerbs.pull();
                    case "kernel import" -> KernelVerbs.importDirectory();
                    case "kernel rm", "kernel delete" -> KernelVerbs.remove();
                    case "daemon status" -> DaemonVerbs.status();
                    case "daemon socket" -> DaemonVerbs.socket();
                    case "daemon stop" -> DaemonVerbs.stop();
                    case "daemon logs" -> DaemonVerbs.logs();
                    case "doctor" -> DaemonVerbs.doctor();
                    case "version" -> VersionVerb.verb();
                    case "completion" -> Completion.verb();
                    case "__complete" -> Completion.candidates();
                    default -> null;
                });
    }

    static Optional<Verb> find(List<String> words) {
        int n = length(words);
        return n == 0 ? Optional.empty() : build(String.join(" ", words.subList(0, n)));
    }

    /** How many of the words name a command; 0 when they name none. */
    static int length(List<String> words) {
        for (int n = Math.min(LONGEST, words.size()); n > 0; n--)
            if (known(String.join(" ", words.subList(0, n)))) return n;
        return 0;
    }

    private static boolean known(String path) {
        return NAMES.contains(path) || ALIASES.contains(path);
    }

    static List<String> paths() {
        return NAMES.stream().filter(n -> !n.startsWith("__")).toList();
    }

    static List<String> aliases() {
        return ALIASES;
    }

    /** Aliases of one word: they stand beside the groups. */
    static List<String> shortcuts() {
        return ALIASES.stream().filter(a -> a.indexOf(' ') < 0).toList();
    }

    static List<Verb> all() {
        return paths().stream().map(p -> build(p).orElseThrow()).toList();
    }

    static List<Verb> group(String name) {
        return all().stream().filter(v -> v.path().startsWith(name + " ")).toList();
    }
}
