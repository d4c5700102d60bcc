package banger.cli.verbs;

import banger.api.Size;
import banger.api.Times;
import banger.api.model.EnvironmentInfo;
import banger.api.text.Table;
import banger.cli.Flag;
import banger.cli.Invocation;
import banger.cli.Json;
import banger.cli.Session;
import banger.cli.Verb;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/** {@code env …} about environments that are there. */
public final class EnvironmentVerbs {
    static final Flag JSON = Flag.yes("--json", "as JSON");
    private static final int SHOWN = 12;
    private static final String ALL = "/v1/environments";

    private EnvironmentVerbs() {}

    /** Of its repository and guest path: what belongs to one run of it. */
    private record Purpose(String repository, String guestPath) {
        static Purpose of(EnvironmentInfo e) {
            return new Purpose(e.repository(), e.guestPath());
        }
    }

    public static Verb list() {
        return new Verb(
                "env list",
                "the saved machines with a repository's dependencies in them",
                "",
                0,
                0,
                false,
                List.of(JSON),
                List.of("banger env list", "banger env list --json"),
                EnvironmentVerbs::list);
    }

    private static int list(Invocation i, Session session) {
        var all = all(session);
        if (i.has("--json")) {
            session.terminal().out().println(Json.list(EnvironmentInfo.class, all));
            return 0;
        }
        if (all.isEmpty()) {
            session.terminal()
                    .line(
                            "no environments yet; one is made by vm run in a repository that asks for one, or by banger env"
                                    + " build");
            return 0;
        }
        var table = new Table()
                .text("ID")
                .text("REPOSITORY")
                .text("IMAGE")
                .number("VCPU")
                .number("MEM")
                .text("NAT")
                .number("DISK")
                .text("USED")
                .text("CREATED");
        var now = Instant.now();
        for (var e : all)
            table.row(
                    brief(e),
                    repository(session, e),
                    e.image(),
                    Integer.toString(e.vcpu()),
                    e.memoryMib() + " MiB",
                    e.nat() ? "yes" : "no",
                    Size.human(e.bytes()),
                    e.usedAt().equals(e.createdAt()) ? "never" : Times.ago(Instant.parse(e.usedAt()), now),
                    Times.ago(Instant.parse(e.createdAt()), now));
        session.terminal().table(table);
        return 0;
    }

    /** The one used last comes first. */
    static List<EnvironmentInfo> all(Session session) {
        return session.daemon().list(ALL, EnvironmentInfo.class);
    }

    static String brief(EnvironmentInfo e) {
        return e.digest().substring(0, Math.min(SHOWN, e.digest().length()));
    }

    static String repository(Session session, EnvironmentInfo e) {
        return Preparation.shown(session, Path.of(e.repository()));
    }

    public static Verb show() {
        return new Verb(
                "env show",
                "everything about an environment, as JSON",
                "ID",
                1,
                1,
                false,
                List.of(),
                List.of("banger env show 3f09a1c4"),
                (i, session) -> {
                    var environment = session.daemon().get(path(i.operands().getFirst()), EnvironmentInfo.class);
                    session.terminal().out().println(Json.of(EnvironmentInfo.class, environment));
                    return 0;
                });
    }

    private static String path(String id) {
        return ALL + "/" + Paths.segment(id);
    }

    public static Verb remove() {
        return new Verb(
                "env rm",
                "remove environments; VMs that continued from one run on",
                "ID…",
                1,
                Verb.MANY,
                false,
                List.of(JSON),
                List.of("banger env rm 3f09a1c4"),
                (i, session) -> {
                    for (var id : i.operands()) {
                        var gone = removed(session, id);
                        if (i.has("--json")) session.terminal().out().println(Json.of(EnvironmentInfo.class, gone));
                        else session.terminal().line("environment " + brief(gone) + ": removed");
                    }
                    return 0;
                });
    }

    private static EnvironmentInfo removed(Session session, String id) {
        return session.daemon().operation("DELETE", path(id), EnvironmentInfo.class, session.events());
    }

    public static Verb prune() {
        return new Verb(
                "env prune",
                "remove all environments but the one used last of each repository",
                "",
                0,
                0,
                false,
                List.of(Flag.yes("--dry-run", "say what it would free, and remove nothing"), JSON),
                List.of("banger env prune", "banger env prune --dry-run"),
                (i, session) -> {
                    var left = superseded(all(session));
                    if (!i.has("--dry-run")) for (var e : left) removed(session, e.digest());
                    if (i.has("--json")) {
                        session.terminal().out().println(Json.list(EnvironmentInfo.class, left));
                        return 0;
                    }
                    var bytes = left.stream().mapToLong(EnvironmentInfo::bytes).sum();
                    session.terminal()
                            .line((i.has("--dry-run") ? "would free " : "freed ") + Size.human(bytes) + " in "
                                    + left.size() + (left.size() == 1 ? " environment" : " environments"));
                    return 0;
                });
    }

    /** @param all the one used last first */
    static List<EnvironmentInfo> superseded(List<EnvironmentInfo> all) {
        var kept = new HashSet<Purpose>();
        var left = new ArrayList<EnvironmentInfo>();
        for (var e : all) if (!Files.isDirectory(Path.of(e.repository())) || !kept.add(Purpose.of(e))) left.add(e);
        return left;
    }
}
