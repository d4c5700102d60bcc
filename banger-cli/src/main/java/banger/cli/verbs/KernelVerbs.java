package banger.cli.verbs;

import banger.api.Size;
import banger.api.Times;
import banger.api.model.KernelImport;
import banger.api.model.KernelInfo;
import banger.api.model.PullRequest;
import banger.api.text.Table;
import banger.cli.Flag;
import banger.cli.Json;
import banger.cli.Verb;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

/** {@code kernel …}. */
public final class KernelVerbs {
    private static final Flag JSON = Flag.yes("--json", "as JSON");

    private KernelVerbs() {}

    public static Verb list() {
        return new Verb(
                "kernel list",
                "the kernels there are",
                "",
                0,
                0,
                false,
                List.of(Flag.yes("--available", "those that could be pulled too"), JSON),
                List.of("banger kernel list", "banger kernel list --available"),
                (i, session) -> {
                    var kernels = session.daemon()
                            .list("/v1/kernels" + (i.has("--available") ? "?available=1" : ""), KernelInfo.class);
                    if (i.has("--json")) {
                        session.terminal().out().println(Json.list(KernelInfo.class, kernels));
                        return 0;
                    }
                    if (kernels.isEmpty()) {
                        session.terminal().line("no kernels yet; banger kernel pull debian-cloud fetches one");
                        return 0;
                    }
                    var table = new Table()
                            .text("NAME")
                            .text("STATE")
                            .text("RELEASE")
                            .number("SIZE")
                            .text("DIGEST")
                            .text("IMPORTED");
                    for (var k : kernels)
                        table.row(
                                k.name(),
                                k.pulled() ? "pulled" : "available",
                                k.pulled() ? k.release() : "-",
                                k.pulled() ? Size.human(k.bytes()) : "-",
                                k.pulled() ? k.digest().substring(0, 12) : "-",
                                k.pulled() ? Times.ago(Instant.parse(k.importedAt()), Instant.now()) : "-");
                    session.terminal().table(table);
                    return 0;
                });
    }

    public static Verb show() {
        return new Verb(
                "kernel show",
                "everything about a kernel, as JSON",
                "KERNEL",
                1,
                1,
                false,
                List.of(),
                List.of("banger kernel show debian-cloud"),
                (i, session) -> {
                    var path = "/v1/kernels/" + Paths.segment(i.operands().getFirst());
                    session.terminal()
                            .out()
                            .println(Json.of(KernelInfo.class, session.daemon().get(path, KernelInfo.class)));
                    return 0;
                });
    }

    public static Verb pull() {
        return new Verb(
                "kernel pull",
                "fetch a kernel of the catalog, the newest there is",
                "KERNEL",
                1,
                1,
                false,
                List.of(Flag.yes("--force", "though one is there; existing VMs keep theirs"), JSON),
                List.of("banger kernel pull debian-cloud", "banger kernel pull --force debian-cloud"),
                (i, session) -> {
                    var kernel = session.daemon()
                            .operation(
                                    "POST",
                                    "/v1/kernels",
                                    PullRequest.class,
                                    new PullRequest(i.operands().getFirst(), i.has("--force")),
                                    KernelInfo.class,
                                    session.events());
                    if (i.has("--json")) session.terminal().out().println(Json.of(KernelInfo.class, kernel));
                    return 0;
                });
    }

    public static Verb importDirectory() {
        return new Verb(
                "kernel import",
                "take a kernel of your own: vmlinux or bzImage, with its modules",
                "KERNEL",
                1,
                1,
                false,
                List.of(Flag.of("--from", "DIR", "the directory to take it from"), JSON),
                List.of("banger kernel import mine --from ./kernel"),
                (i, session) -> {
                    var from = Path.of(Needed.value(i, "kernel import", "--from"))
                            .toAbsolutePath()
                            .normalize()
                            .toString();
                    var kernel = session.daemon()
                            .operation(
                                    "POST",
                                    "/v1/kernels/import",
                                    KernelImport.class,
                                    new KernelImport(i.operands().getFirst(), from),
                                    KernelInfo.class,
                                    session.events());
                    if (i.has("--json")) session.terminal().out().println(Json.of(KernelInfo.class, kernel));
                    return 0;
                });
    }

    public static Verb remove() {
        return new Verb(
                "kernel rm",
                "remove a kernel that no VM uses",
                "KERNEL",
                1,
                1,
                false,
                List.of(),
                List.of("banger kernel rm mine"),
                (i, session) -> {
                    var name = i.operands().getFirst();
                    session.daemon()
                            .operation(
                                    "DELETE", "/v1/kernels/" + Paths.segment(name), KernelInfo.class, session.events());
                    session.terminal().line("kernel " + name + ": removed");
                    return 0;
                });
    }
}
