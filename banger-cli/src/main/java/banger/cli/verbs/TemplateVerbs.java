package banger.cli.verbs;

import banger.api.Size;
import banger.api.Times;
import banger.api.model.BuildTemplate;
import banger.api.model.TemplateInfo;
import banger.api.text.Table;
import banger.cli.Flag;
import banger.cli.Invocation;
import banger.cli.Json;
import banger.cli.Session;
import banger.cli.Verb;
import java.time.Instant;
import java.util.List;

/** {@code template …}. */
public final class TemplateVerbs {
    private static final Flag JSON = Flag.yes("--json", "as JSON");
    private static final int SHOWN = 12;

    private TemplateVerbs() {}

    public static Verb list() {
        return new Verb(
                "template list",
                "the prepared machines that new VMs continue from",
                "",
                0,
                0,
                false,
                List.of(JSON),
                List.of("banger template list", "banger template list --json"),
                (i, session) -> {
                    var templates = session.daemon().list("/v1/templates", TemplateInfo.class);
                    if (i.has("--json")) {
                        session.terminal().out().println(Json.list(TemplateInfo.class, templates));
                        return 0;
                    }
                    if (templates.isEmpty()) {
                        session.terminal()
                                .line(
                                        "no templates yet; one is made after the first VM of a kind, or by banger template build");
                        return 0;
                    }
                    var table = new Table()
                            .text("ID")
                            .text("IMAGE")
                            .number("VCPU")
                            .number("MEM")
                            .text("ENGINE")
                            .number("DISK")
                            .text("USED")
                            .text("CREATED");
                    var now = Instant.now();
                    for (var t : templates)
                        table.row(
                                t.digest().substring(0, SHOWN),
                                t.image(),
                                Integer.toString(t.vcpu()),
                                t.memoryMib() + " MiB",
                                t.engine(),
                                Size.human(t.bytes()),
                                t.usedAt().equals(t.createdAt()) ? "never" : Times.ago(Instant.parse(t.usedAt()), now),
                                Times.ago(Instant.parse(t.createdAt()), now));
                    session.terminal().table(table);
                    return 0;
                });
    }

    public static Verb show() {
        return new Verb(
                "template show",
                "everything about a template, as JSON",
                "ID",
                1,
                1,
                false,
                List.of(),
                List.of("banger template show 3f09a1c4"),
                (i, session) -> {
                    var path = "/v1/templates/" + Paths.segment(i.operands().getFirst());
                    session.terminal()
                            .out()
                            .println(
                                    Json.of(TemplateInfo.class, session.daemon().get(path, TemplateInfo.class)));
                    return 0;
                });
    }

    public static Verb build() {
        return new Verb(
                "template build",
                "make a template now, for VMs of this image and size",
                "",
                0,
                0,
                false,
                List.of(
                        Flag.of("--image", "IMAGE", "what it starts from (default: debian-bookworm)"),
                        Flag.of("--vcpu", "N", "processors (default: as for a new VM)"),
                        Flag.of("--memory", "SIZE", "memory, 2G or 2048 (default: as for a new VM)"),
                        Flag.of("--system-overlay-size", "SIZE", "of the smallest VM that it fits (default: 8G)"),
                        Flag.of("--engine", "ENGINE", "auto, qemu or firecracker (default: auto)"),
                        Flag.yes("--offline", "fetch nothing: what is missing is an error"),
                        JSON),
                List.of("banger template build", "banger template build --image debian-minimal --vcpu 2 --memory 2G"),
                TemplateVerbs::build);
    }

    private static int build(Invocation i, Session session) {
        var request = new BuildTemplate(
                i.value("--image").orElse(null),
                i.value("--vcpu").map(v -> Sizing.count("--vcpu", v)).orElse(null),
                Sizing.memory(i).orElse(null),
                i.value("--system-overlay-size")
                        .map(v -> Size.parse("--system-overlay-size", v))
                        .orElse(null),
                i.value("--engine").orElse(null),
                i.has("--offline"));
        var template = session.daemon()
                .operation("POST", "/v1/templates", BuildTemplate.class, request, TemplateInfo.class, session.events());
        if (i.has("--json")) session.terminal().out().println(Json.of(TemplateInfo.class, template));
        return 0;
    }

    public static Verb remove() {
        return new Verb(
                "template rm",
                "remove templates; VMs that continued from one run on",
                "ID…",
                1,
                Integer.MAX_VALUE,
                false,
                List.of(JSON),
                List.of("banger template rm 3f09a1c4"),
                (i, session) -> {
                    for (var id : i.operands()) told(i, session, removed(session, id));
                    return 0;
                });
    }

    public static Verb prune() {
        return new Verb(
                "template prune",
                "remove all templates; they are made again when VMs are started",
                "",
                0,
                0,
                false,
                List.of(Flag.yes("--dry-run", "say what it would free, and remove nothing"), JSON),
                List.of("banger template prune", "banger template prune --dry-run"),
                (i, session) -> {
                    var all = session.daemon().list("/v1/templates", TemplateInfo.class);
                    var bytes = all.stream().mapToLong(TemplateInfo::bytes).sum();
                    if (!i.has("--dry-run")) for (var t : all) removed(session, t.digest());
                    if (i.has("--json")) session.terminal().out().println(Json.list(TemplateInfo.class, all));
                    else
                        session.terminal()
                                .line((i.has("--dry-run") ? "would free " : "freed ") + Size.human(bytes) + " in "
                                        + all.size() + (all.size() == 1 ? " template" : " templates"));
                    return 0;
                });
    }

    private static TemplateInfo removed(Session session, String id) {
        return session.daemon()
                .operation("DELETE", "/v1/templates/" + Paths.segment(id), TemplateInfo.class, session.events());
    }

    private static void told(Invocation i, Session session, TemplateInfo t) {
        if (i.has("--json")) session.terminal().out().println(Json.of(TemplateInfo.class, t));
        else session.terminal().line("template " + t.digest().substring(0, SHOWN) + ": removed");
    }
}
