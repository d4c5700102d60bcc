package banger.cli.verbs;

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
                List.of(),
                List.of("banger version"),
                (i, session) -> {
                    session.terminal()
                            .out()
                            .println("banger " + System.getProperty("banger.version", "unknown") + " (build "
                                    + System.getProperty("banger.build", "unknown") + ", built "
                                    + System.getProperty("banger.built", "unknown") + ")");
                    return 0;
                });
    }
}
