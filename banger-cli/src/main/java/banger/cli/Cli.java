package banger.cli;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Nearest;
import banger.api.Printable;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** From words to a command, and from what it throws to an exit status. */
final class Cli {
    private static final int FAILED = 1;
    private static final int USAGE = 2;
    /** banger's own failure where the status is otherwise the guest command's. */
    private static final int OURS = 125;

    private final Session session;

    Cli(Session session) {
        this.session = session;
    }

    /**
     * @param raw the same words as bytes
     * @return the exit status
     */
    int run(List<String> words, List<byte[]> raw) {
        boolean guestStatus = false;
        try {
            if (words.isEmpty()) return Help.root(session.terminal().words());
            if (List.of("-h", "--help", "help").contains(words.getFirst()))
                return Help.about(
                        words.subList(1, words.size()), session.terminal().words());
            if (words.getFirst().equals("--version")) words = List.of("version");
            var verb = Verbs.find(words).orElse(null);
            if (verb == null)
                return Help.groupOrUnknown(words, session.terminal().words());
            int taken = Verbs.length(words);
            var invocation = CommandLine.parse(
                    verb, words.subList(taken, words.size()), raw.subList(Math.min(taken, raw.size()), raw.size()));
            if (invocation.has("--help"))
                return Help.verb(verb, session.terminal().words());
            if (invocation.has("--quiet")) session.terminal().quiet();
            guestStatus = !invocation.command().isEmpty();
            return verb.action().run(invocation, session);
        } catch (BangerException e) {
            session.terminal().out().flush();
            session.terminal().error(e.fact(), e.remedies());
            if (e.code() == ErrorCode.USAGE) return USAGE;
            return guestStatus ? OURS : FAILED;
        } catch (RuntimeException e) {
            session.terminal()
                    .error(
                            "a bug in banger's command line: " + e,
                            List.of(at(e), "daemon log: " + session.layout().daemonLog()));
            return guestStatus ? OURS : FAILED;
        }
    }

    /** One line that helps whoever gets the report. */
    private static String at(RuntimeException e) {
        return Arrays.stream(e.getStackTrace())
                .filter(f -> f.getClassName().startsWith("banger."))
                .findFirst()
                .map(f -> "at " + f)
                .orElse("no trace of ours");
    }

    /** What other programs call the same. */
    private static final List<Set<String>> ALIKE = List.of(
            Set.of("rm", "delete", "remove", "del", "destroy"),
            Set.of("list", "ls", "ps"),
            Set.of("show", "inspect", "info", "describe"),
            Set.of("create", "new", "add", "make"));

    static BangerException unknown(List<String> words, List<String> known) {
        var typed = String.join(" ", words);
        var near = Nearest.to(words.getLast(), known).or(() -> alike(words.getLast(), known));
        return new BangerException(
                ErrorCode.USAGE,
                "no command " + Printable.quote("banger " + typed),
                near.map(n -> List.of("did you mean banger "
                                + String.join(" ", words.subList(0, words.size() - 1))
                                + (words.size() > 1 ? " " : "") + n + "?"))
                        .orElse(List.of(words.size() > 1 ? "banger help " + words.getFirst() : "banger help")));
    }

    private static Optional<String> alike(String word, List<String> known) {
        return ALIKE.stream()
                .filter(words -> words.contains(word))
                .flatMap(words -> known.stream().filter(words::contains))
                .findFirst();
    }
}
