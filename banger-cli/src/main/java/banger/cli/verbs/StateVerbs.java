package banger.cli.verbs;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Size;
import banger.api.model.KillVm;
import banger.api.model.SetVm;
import banger.api.model.StopVm;
import banger.api.model.VmInfo;
import banger.api.text.Table;
import banger.cli.Flag;
import banger.cli.Invocation;
import banger.cli.Json;
import banger.cli.Session;
import banger.cli.Verb;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Verbs that change a VM's state. */
public final class StateVerbs {
    private static final Flag JSON = Flag.yes("--json", "the VM as JSON on stdout");

    private StateVerbs() {}

    public static Verb create() {
        var flags = new ArrayList<>(Sizing.FLAGS);
        flags.add(Flag.yes("--no-start", "make it, do not boot it"));
        flags.add(JSON);
        return new Verb(
                "vm create",
                "make a VM and boot it; its name is printed",
                "",
                0,
                0,
                false,
                flags,
                List.of("banger vm create --name box", "banger vm create --no-start --memory 4G"),
                (i, session) -> {
                    var vm = RunVerb.create(Sizing.request(i, !i.has("--no-start"), false), session);
                    if (i.has("--json")) session.terminal().out().println(Json.of(VmInfo.class, vm));
                    else session.terminal().out().println(vm.name());
                    return 0;
                });
    }

    public static Verb start() {
        return many(
                "vm start",
                "boot stopped VMs, continue suspended ones",
                List.of("banger vm start box", "banger vm start --cold box"),
                List.of(Flag.yes("--cold", "boot a suspended VM anew; what was only in memory is lost"), JSON),
                (i, session) -> each(
                        i, session, ref -> post(session, ref, i.has("--cold") ? "/start?cold=1" : "/start"), vm -> ""));
    }

    private static VmInfo post(Session session, String ref, String path) {
        return session.daemon().operation("POST", Paths.vm(ref) + path, VmInfo.class, session.events());
    }

    public static Verb pause() {
        return many(
                "vm pause",
                "stop the processors of running VMs; they keep their memory",
                List.of("banger vm pause box"),
                List.of(JSON),
                (i, session) -> each(
                        i, session, ref -> post(session, ref, "/pause"), vm -> "vm " + vm.name() + ": " + vm.state()));
    }

    public static Verb resume() {
        return many(
                "vm resume",
                "let paused VMs run on, or continue suspended ones",
                List.of("banger vm resume box"),
                List.of(JSON),
                (i, session) -> each(
                        i, session, ref -> post(session, ref, "/resume"), vm -> "vm " + vm.name() + ": " + vm.state()));
    }

    public static Verb suspend() {
        return many(
                "vm suspend",
                "write the memory of running VMs to disk and end them; vm start continues them",
                List.of("banger vm suspend box"),
                List.of(JSON),
                (i, session) -> each(i, session, ref -> post(session, ref, "/suspend"), vm -> ""));
    }

    public static Verb stop() {
        return many(
                "vm stop",
                "sync their disks and end VMs; nothing is lost",
                List.of("banger vm stop box", "banger vm stop --graceful box"),
                List.of(Flag.yes("--graceful", "run the guest's own shutdown first"), JSON),
                (i, session) -> each(i, session, ref -> stopOne(i, session, ref), vm -> ""));
    }

    private static VmInfo stopOne(Invocation i, Session session, String ref) {
        return session.daemon()
                .operation(
                        "POST",
                        Paths.vm(ref) + "/stop",
                        StopVm.class,
                        new StopVm(i.has("--graceful")),
                        VmInfo.class,
                        session.events());
    }

    public static Verb restart() {
        return many(
                "vm restart",
                "stop VMs, then boot them again",
                List.of("banger vm restart box"),
                List.of(Flag.yes("--graceful", "run the guest's own shutdown first"), JSON),
                (i, session) -> each(
                        i,
                        session,
                        ref -> {
                            stopOne(i, session, ref);
                            return session.daemon()
                                    .operation("POST", Paths.vm(ref) + "/start", VmInfo.class, session.events());
                        },
                        vm -> ""));
    }

    public static Verb kill() {
        return many(
                "vm kill",
                "end VMs at once, for when stop hangs; unsynced writes are lost",
                List.of("banger vm kill box"),
                List.of(Flag.of("--signal", "NAME", "what the VMM gets (default: KILL)"), JSON),
                (i, session) -> each(
                        i,
                        session,
                        ref -> session.daemon()
                                .operation(
                                        "POST",
                                        Paths.vm(ref) + "/kill",
                                        KillVm.class,
                                        new KillVm(signal(i)),
                                        VmInfo.class,
                                        session.events()),
                        vm -> ""));
    }

    private static String signal(Invocation i) {
        var name = i.value("--signal").orElse("KILL").toUpperCase(java.util.Locale.ROOT);
        return name.startsWith("SIG") ? name.substring(3) : name;
    }

    public static Verb delete() {
        return many(
                "vm delete",
                "stop VMs and remove them with their disks, for good",
                List.of("banger vm delete box", "banger vm delete box other", "banger vm delete --discard box"),
                List.of(DISCARD, JSON),
                (i, session) ->
                        each(i, session, ref -> deleteOrAsk(i, session, ref), vm -> "vm " + vm.name() + ": deleted"));
    }

    private static final Flag DISCARD = Flag.yes("--discard", "also work in them that was never pulled");

    private static VmInfo deleteOne(Invocation i, Session session, String ref) {
        var query = i.has("--discard") ? "?discard=1" : "";
        return session.daemon().operation("DELETE", Paths.vm(ref) + query, VmInfo.class, session.events());
    }

    /** A question about one VM can be asked; several are deleted side by side, so those stay that need one. */
    private static VmInfo deleteOrAsk(Invocation i, Session session, String ref) {
        try {
            return deleteOne(i, session, ref);
        } catch (BangerException e) {
            boolean ask = e.code() == ErrorCode.WORKSPACE_UNPULLED
                    && i.operands().size() == 1
                    && session.terminal().interactive();
            if (!ask) throw e;
            session.terminal().line(e.fact());
            e.remedies().forEach(l -> session.terminal().line("  " + l));
            if (!Question.yes(session, "delete it anyway?")) throw e;
            return session.daemon().operation("DELETE", Paths.vm(ref) + "?discard=1", VmInfo.class, session.events());
        }
    }

    private interface One {
        VmInfo run(String reference);
    }

    /** @param line what to say of each when it is done; empty: nothing, the daemon has told */
    private static int each(Invocation i, Session session, One one, Function<VmInfo, String> line) {
        return ManyRefs.run(i.operands(), session, ref -> {
            var vm = one.run(ref);
            return () -> {
                if (!line.apply(vm).isEmpty()) session.terminal().line(line.apply(vm));
                if (i.has("--json")) session.terminal().out().println(Json.of(VmInfo.class, vm));
            };
        });
    }

    private static Verb many(String path, String summary, List<String> examples, List<Flag> flags, Verb.Action action) {
        return new Verb(path, summary, "VM…", 1, Verb.MANY, false, flags, examples, action);
    }

    public static Verb prune() {
        return new Verb(
                "vm prune",
                "delete every VM that does not run",
                "",
                0,
                0,
                false,
                List.of(Flag.yes("-f, --force", "do not ask"), DISCARD),
                List.of("banger vm prune", "banger vm prune -f"),
                StateVerbs::pruneAll);
    }

    private static int pruneAll(Invocation i, Session session) {
        var idle = session.daemon().list("/v1/vms", VmInfo.class).stream()
                .filter(v -> List.of("stopped", "created", "error").contains(v.state()))
                .toList();
        if (idle.isEmpty()) {
            session.terminal().line("nothing to prune: every VM runs, or there is none");
            return 0;
        }
        if (!i.has("--force")) {
            var table = new Table().text("NAME").text("STATE").text("IMAGE").number("DISK");
            for (var vm : idle) table.row(vm.name(), vm.state(), vm.image(), Size.human(vm.usedBytes()));
            if (!session.terminal().interactive())
                throw new BangerException(
                        ErrorCode.USAGE,
                        "vm prune: would delete " + idle.size() + " VMs and cannot ask here",
                        "banger vm prune --force");
            table.toString().lines().forEach(session.terminal()::line);
            if (!Question.yes(session, "delete these " + idle.size() + " VMs?")) return 1;
        }
        return ManyRefs.run(idle.stream().map(VmInfo::id).toList(), session, id -> {
            var vm = deleteOne(i, session, id);
            return () -> session.terminal().line("vm " + vm.name() + ": deleted");
        });
    }

    public static Verb set() {
        return new Verb(
                "vm set",
                "change a VM: its size while it is stopped, its way out at any time",
                "VM…",
                1,
                Verb.MANY,
                false,
                List.of(
                        Flag.of("--vcpu", "N", "processors"),
                        Flag.of("--memory", "SIZE", "memory"),
                        Flag.of("--disk-size", "SIZE", "the disk under /root; it only grows"),
                        Flag.yes("--nat", "let it reach the network outside"),
                        Flag.yes("--no-nat", "do not"),
                        JSON),
                List.of("banger vm set box --memory 4G", "banger vm set box --nat"),
                StateVerbs::setAll);
    }

    private static int setAll(Invocation i, Session session) {
        if (i.has("--nat") && i.has("--no-nat"))
            throw new BangerException(ErrorCode.USAGE, "vm set: --nat and --no-nat exclude each other");
        var change = new SetVm(
                i.value("--vcpu").map(v -> Sizing.count("--vcpu", v)).orElse(null),
                Sizing.memory(i).orElse(null),
                i.value("--disk-size").map(v -> Size.parse("--disk-size", v)).orElse(null),
                i.has("--nat")
                        ? Optional.of(true).get()
                        : i.has("--no-nat") ? Optional.of(false).get() : null);
        if (change.equals(new SetVm(null, null, null, null)))
            throw new BangerException(ErrorCode.USAGE, "vm set: nothing to change", "banger vm set box --memory 4G");
        return each(
                i,
                session,
                ref -> session.daemon().send("PATCH", Paths.vm(ref), SetVm.class, change, VmInfo.class),
                vm -> "vm " + vm.name() + ": " + vm.vcpu() + " vcpu | " + vm.memoryMib() + " MiB | "
                        + Size.flag(vm.diskBytes()) + " disk | nat " + (vm.nat() ? "on" : "off"));
    }
}
