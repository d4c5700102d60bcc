package banger.cli.verbs;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Printable;
import banger.api.Size;
import banger.api.model.VmInfo;
import banger.api.model.VmStats;
import banger.api.text.Table;
import banger.api.text.VmListing;
import banger.cli.Flag;
import banger.cli.Invocation;
import banger.cli.Json;
import banger.cli.Session;
import banger.cli.Verb;
import java.io.IOException;
import java.util.List;
import java.util.Locale;

/** Verbs that look at VMs. */
public final class ListVerbs {
    private ListVerbs() {}

    public static Verb list() {
        return new Verb(
                "vm list",
                "the VMs there are, running ones first",
                "",
                0,
                0,
                false,
                List.of(Flag.yes("--json", "as JSON")),
                List.of("banger vm list", "banger ps", "banger vm list --json"),
                ListVerbs::listAll);
    }

    private static int listAll(Invocation i, Session session) {
        var vms = session.daemon().list("/v1/vms", VmInfo.class);
        var out = session.terminal().out();
        if (i.has("--json")) {
            out.println(Json.list(VmInfo.class, vms));
        } else if (session.terminal().isQuiet()) {
            vms.forEach(v -> out.println(v.name()));
        } else if (vms.isEmpty()) {
            session.terminal().line("no VMs; banger vm run starts one");
        } else {
            session.terminal().table(VmListing.of(vms));
        }
        return 0;
    }

    public static Verb show() {
        return new Verb(
                "vm show",
                "everything about VMs, as JSON",
                "VM…",
                1,
                Verb.MANY,
                false,
                List.of(Flag.yes("--json", "as JSON; it always is")),
                List.of("banger vm show box"),
                (i, session) -> ManyRefs.run(i.operands(), session, ref -> {
                    var json = Json.of(VmInfo.class, session.daemon().get(Paths.vm(ref), VmInfo.class));
                    return () -> session.terminal().out().println(json);
                }));
    }

    public static Verb stats() {
        return new Verb(
                "vm stats",
                "what running VMs use now",
                "[VM…]",
                0,
                Verb.MANY,
                false,
                List.of(Flag.yes("--json", "as JSON")),
                List.of("banger vm stats", "banger vm stats box"),
                ListVerbs::statsOf);
    }

    private static int statsOf(Invocation i, Session session) {
        var daemon = session.daemon();
        var refs = i.operands().isEmpty()
                ? daemon.list("/v1/vms", VmInfo.class).stream()
                        .filter(v -> v.state().equals("running"))
                        .map(VmInfo::id)
                        .toList()
                : i.operands();
        var stats = refs.stream()
                .map(r -> daemon.get(Paths.vm(r) + "/stats", VmStats.class))
                .toList();
        if (i.has("--json")) {
            session.terminal().out().println(Json.list(VmStats.class, stats));
            return 0;
        }
        if (stats.isEmpty()) {
            session.terminal().line("no VM runs; banger vm run starts one");
            return 0;
        }
        var table = new Table()
                .text("NAME")
                .number("CPU")
                .number("MEM USED")
                .number("OF")
                .number("DISK")
                .number("NET IN")
                .number("NET OUT")
                .number("PROCESSES");
        for (var s : stats)
            table.row(
                    s.name(),
                    String.format(Locale.ROOT, "%.0f %%", s.cpuPercent()),
                    Size.human(s.rssBytes()),
                    Size.human(s.memoryBytes()),
                    Size.human(s.diskBytes()),
                    Size.human(s.netInBytes()),
                    Size.human(s.netOutBytes()),
                    Integer.toString(s.processes()));
        session.terminal().table(table);
        return 0;
    }

    public static Verb logs() {
        return new Verb(
                "vm logs",
                "a VM's serial console",
                "VM",
                1,
                1,
                false,
                List.of(Flag.yes("-f, --follow", "go on as it grows, until ctrl-c")),
                List.of("banger vm logs box", "banger vm logs -f box"),
                ListVerbs::printLogs);
    }

    private static int printLogs(Invocation i, Session session) {
        var ref = i.operands().getFirst();
        var path = Paths.vm(ref) + "/logs" + (i.has("--follow") ? "?follow=1" : "");
        try (var in = session.daemon().follow(path)) {
            var out = session.terminal().out();
            var buffer = new byte[8192];
            for (int n; (n = in.read(buffer)) >= 0; ) {
                out.write(buffer, 0, n);
                // Nobody reads on: there may be a long wait for the next line.
                if (out.checkError()) return 1;
            }
            return 0;
        } catch (IOException e) {
            throw new BangerException(
                            ErrorCode.DAEMON_UNREACHABLE,
                            "vm " + Printable.line(ref) + ": its log broke off (" + e.getMessage() + ")",
                            "banger daemon logs")
                    .because(e);
        }
    }
}
