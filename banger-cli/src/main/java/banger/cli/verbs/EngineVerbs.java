package banger.cli.verbs;

import banger.api.model.EngineInfo;
import banger.api.model.EnginePull;
import banger.api.text.Table;
import banger.cli.Flag;
import banger.cli.Json;
import banger.cli.Verb;
import java.util.List;

/** {@code engine …}. */
public final class EngineVerbs {
    private EngineVerbs() {}

    public static Verb list() {
        return new Verb(
                "engine list",
                "what can run VMs here, and why not",
                "",
                0,
                0,
                false,
                List.of(Flag.yes("--json", "as JSON")),
                List.of("banger engine list", "banger engine list --json"),
                (i, session) -> {
                    var engines = session.daemon().list("/v1/engines", EngineInfo.class);
                    if (i.has("--json")) {
                        session.terminal().out().println(Json.list(EngineInfo.class, engines));
                        return 0;
                    }
                    var table = new Table()
                            .text("NAME")
                            .text("VERSION")
                            .text("USABLE")
                            .text("PATH")
                            .text("NOTE");
                    for (var e : engines)
                        table.row(
                                e.name(),
                                e.version().isEmpty() ? "-" : e.version(),
                                e.usable() ? "yes" : "no",
                                e.path().isEmpty() ? "-" : e.path(),
                                e.note());
                    session.terminal().table(table);
                    return 0;
                });
    }

    public static Verb pull() {
        return new Verb(
                "engine pull",
                "fetch Firecracker",
                "ENGINE",
                1,
                1,
                false,
                List.of(
                        Flag.of("--version", "V", "which (default: the one this banger was tried with)"),
                        Flag.of("--sha256", "HASH", "of its archive, for a version that banger does not know"),
                        Flag.yes("--json", "as JSON")),
                List.of("banger engine pull firecracker", "banger engine pull firecracker --version 1.17.0"),
                (i, session) -> {
                    var engine = session.daemon()
                            .operation(
                                    "POST",
                                    "/v1/engines",
                                    EnginePull.class,
                                    new EnginePull(
                                            i.operands().getFirst(),
                                            i.value("--version").orElse(null),
                                            i.value("--sha256").orElse(null)),
                                    EngineInfo.class,
                                    session.events());
                    if (i.has("--json")) session.terminal().out().println(Json.of(EngineInfo.class, engine));
                    return 0;
                });
    }
}
