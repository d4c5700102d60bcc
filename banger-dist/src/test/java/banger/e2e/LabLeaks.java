package banger.e2e;

import java.nio.charset.StandardCharsets;

/** What a scenario may not leave on the lab's machine. */
final class LabLeaks {
    private LabLeaks() {}

    /** Ends the user's daemon; fails when anything of it or of VMs is there then. */
    static void check(Lab lab) {
        var ended = lab.type("root", LabScenario.environment(""), script("leaks.sh"));
        if (ended.status() != 0 || !ended.out().isEmpty()) {
            clear(lab);
            throw new AssertionError("left behind: " + ended);
        }
    }

    /** After a failure: nothing of it may trouble the next one. */
    static void clear(Lab lab) {
        lab.type("root", LabScenario.environment(""), script("clear.sh"));
    }

    static String evidence(Lab lab) {
        return lab.type("root", LabScenario.environment(""), script("evidence.sh"))
                .out();
    }

    private static String script(String name) {
        return new String(LabScenario.resource(name), StandardCharsets.UTF_8);
    }
}
