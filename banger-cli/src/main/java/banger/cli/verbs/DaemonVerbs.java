package banger.cli.verbs;

import banger.api.Printable;
import banger.api.Times;
import banger.api.model.Check;
import banger.api.model.DaemonInfo;
import banger.api.model.DoctorReport;
import banger.cli.Flag;
import banger.cli.Invocation;
import banger.cli.Json;
import banger.cli.Session;
import banger.cli.Verb;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Instant;
import java.util.List;

/** {@code daemon …} and {@code doctor}. */
public final class DaemonVerbs {
    private static final int LOG_LINES = 50;

    private DaemonVerbs() {}

    public static Verb status() {
        return new Verb(
                "daemon status",
                "whether the daemon runs, and where",
                "",
                0,
                0,
                false,
                List.of(Flag.yes("--json", "as JSON")),
                List.of("banger daemon status"),
                DaemonVerbs::printStatus);
    }

    private static int printStatus(Invocation i, Session session) {
        var daemon = session.daemonIfRunning();
        if (daemon.isEmpty()) {
            session.terminal().line("bangerd: does not run; the next command that needs it starts it");
            return 1;
        }
        var info = daemon.get().get("/v1/daemon", DaemonInfo.class);
        if (i.has("--json")) {
            session.terminal().out().println(Json.of(DaemonInfo.class, info));
            return 0;
        }
        session.terminal().out().print("""
                version     %s (build %s)
                pid         %d
                socket      %s
                log         %s
                state       %s
                started     %s
                running     %d VMs
                operations  %d
                """.formatted(
                        info.version(),
                        info.build(),
                        info.pid(),
                        info.socket(),
                        info.log(),
                        info.state(),
                        Times.ago(Instant.parse(info.startedAt()), Instant.now()),
                        info.running(),
                        info.operations()));
        return 0;
    }

    public static Verb socket() {
        return new Verb(
                "daemon socket",
                "the path of the daemon's socket",
                "",
                0,
                0,
                false,
                List.of(),
                List.of("curl --unix-socket \"$(banger daemon socket)\" http://banger/v1/vms"),
                (i, session) -> {
                    session.terminal().out().println(session.layout().socket());
                    return 0;
                });
    }

    public static Verb stop() {
        return new Verb(
                "daemon stop",
                "end the daemon; running VMs run on and are found again",
                "",
                0,
                0,
                false,
                List.of(Flag.yes("--force", "though operations are under way")),
                List.of("banger daemon stop"),
                (i, session) -> {
                    var daemon = session.daemonIfRunning();
                    if (daemon.isEmpty()) {
                        session.terminal().line("bangerd: already stopped");
                        return 0;
                    }
                    var info = daemon.get()
                            .post("/v1/daemon/stop" + (i.has("--force") ? "?force=1" : ""), DaemonInfo.class);
                    ProcessHandle.of(info.pid()).ifPresent(p -> p.onExit().join());
                    session.terminal()
                            .line("bangerd: stopped"
                                    + (info.running() > 0 ? "; " + info.running() + " VMs run on" : ""));
                    return 0;
                });
    }

    public static Verb logs() {
        return new Verb(
                "daemon logs",
                "the last lines of the daemon's log",
                "",
                0,
                0,
                false,
                List.of(Flag.yes("--all", "all of it")),
                List.of("banger daemon logs"),
                (i, session) -> {
                    var file = session.layout().daemonLog();
                    try {
                        var lines = Files.readAllLines(file);
                        int from = i.has("--all") ? 0 : Math.max(0, lines.size() - LOG_LINES);
                        lines.subList(from, lines.size())
                                .forEach(l -> session.terminal().out().println(Printable.line(l)));
                        return 0;
                    } catch (IOException e) {
                        session.terminal().line("no daemon log at " + file + " yet");
                        return 0;
                    }
                });
    }

    public static Verb doctor() {
        return new Verb(
                "doctor",
                "whether this host has what banger needs",
                "",
                0,
                0,
                false,
                List.of(Flag.yes("--json", "as JSON"), Flag.yes("--deep", "read every image and kernel and compare")),
                List.of("banger doctor"),
                DaemonVerbs::examine);
    }

    private static int examine(Invocation i, Session session) {
        var report = session.daemon().get("/v1/doctor" + (i.has("--deep") ? "?deep=1" : ""), DoctorReport.class);
        var out = session.terminal().out();
        long failures = count(report, "fail");
        if (i.has("--json")) {
            out.println(Json.of(DoctorReport.class, report));
            return failures > 0 ? 1 : 0;
        }
        var last = "";
        for (var check : report.checks()) {
            out.println(row(check, check.area().equals(last) ? "" : check.area()));
            for (var remedy : check.remedies()) out.println(" ".repeat(18) + Printable.line(remedy));
            last = check.area();
        }
        out.println(plural(count(report, "warn"), "warning") + ", "
                + (failures == 0 ? "no failures" : plural(failures, "failure")));
        return failures > 0 ? 1 : 0;
    }

    private static String row(Check check, String area) {
        var status = check.status().equals("info") ? "--" : check.status();
        return String.format("%-11s %-5s %s", area, status, Printable.line(check.text()));
    }

    private static long count(DoctorReport report, String status) {
        return report.checks().stream().filter(c -> c.status().equals(status)).count();
    }

    private static String plural(long n, String what) {
        return (n == 0 ? "no" : Long.toString(n)) + " " + what + (n == 1 ? "" : "s");
    }
}
