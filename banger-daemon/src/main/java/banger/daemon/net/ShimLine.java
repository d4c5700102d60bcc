package banger.daemon.net;

import banger.api.Printable;
import banger.daemon.process.Result;
import java.util.List;

/** The one line that every role of the shim prints: {@code ok WORD…} or {@code failed STEP: TEXT}. */
final class ShimLine {
    private ShimLine() {}

    /** The words after {@code ok}. */
    static List<String> words(Result result) throws Refused {
        var line = Printable.line(result.out().strip());
        if (result.ok() && line.startsWith("ok "))
            return List.of(line.substring("ok ".length()).split(" "));
        if (!line.startsWith("failed ")) throw new Refused("shim", line.isEmpty() ? result.reason() : line);
        var parts = line.substring("failed ".length()).split(": ", 2);
        throw new Refused(parts[0], parts.length == 2 ? parts[1] : "");
    }
}
