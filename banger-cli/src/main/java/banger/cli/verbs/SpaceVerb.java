package banger.cli.verbs;

import banger.api.Size;
import banger.api.model.SpaceInfo;
import banger.api.text.Table;
import banger.cli.Flag;
import banger.cli.Json;
import banger.cli.Verb;
import java.util.List;

/** {@code vm df}. */
public final class SpaceVerb {
    private SpaceVerb() {}

    public static Verb verb() {
        return new Verb(
                "vm df",
                "what VMs and what they share take on the disk, and what frees it",
                "",
                0,
                0,
                false,
                List.of(Flag.yes("--json", "as JSON")),
                List.of("banger vm df", "banger vm df --json"),
                (i, session) -> {
                    var all = session.daemon().list("/v1/space", SpaceInfo.class);
                    if (i.has("--json")) {
                        session.terminal().out().println(Json.list(SpaceInfo.class, all));
                        return 0;
                    }
                    if (all.isEmpty()) {
                        session.terminal().line("nothing takes room yet; banger vm run starts a VM");
                        return 0;
                    }
                    var table = new Table()
                            .text("WHAT")
                            .text("VM")
                            .number("DISK")
                            .number("APPARENT")
                            .text("FREED BY");
                    for (var s : all)
                        table.row(
                                s.kind(),
                                s.name().isEmpty() ? "-" : s.name(),
                                Size.human(s.bytes()),
                                Size.human(s.apparentBytes()),
                                s.freedBy());
                    session.terminal().table(table);
                    session.terminal()
                            .line(Size.human(all.stream()
                                            .mapToLong(SpaceInfo::bytes)
                                            .sum()) + " in all");
                    return 0;
                });
    }
}
