package banger.cli.verbs;

import banger.api.model.VersionInfo;
import banger.cli.Flag;
import banger.cli.Json;
import banger.cli.Verb;
import java.util.List;

/** {@code version}. */
public final class VersionVerb {
    private VersionVerb() {}

    public static Verb verb() {
        return new Verb(
                "version",
                "which banger this is",
                "",
                0,
                0,
                false,
                List.of(Flag.yes("--json", "as JSON")),
                List.of("banger version", "banger version --json"),
                (i, session) -> {
                    var is = new VersionInfo(
                            System.getProperty("banger.version", "unknown"),
                            System.getProperty("banger.build", "unknown"),
                            System.getProperty("banger.built", "unknown"));
                    session.terminal()
                            .out()
                            .println(
                                    i.has("--json")
                                            ? Json.of(VersionInfo.class, is)
                                            : "banger " + is.version() + " (build " + is.build() + ", built "
                                                    + is.builtAt() + ")");
                    return 0;
                });
    }
}
