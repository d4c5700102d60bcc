package banger.daemon.engine;

import banger.api.Printable;
import banger.daemon.process.Command;
import banger.daemon.process.CommandRunner;
import banger.daemon.process.Programs;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Whether VMMs can be started where they see nothing of the host but what is theirs (bubblewrap). Tried, not
 * guessed, and before any VM's directory is involved: what a VMM left behind has no say in it. Thread-safe.
 */
public final class Confinement {
    private static final String BWRAP = "bwrap";

    private final Path shim;
    private final CommandRunner commands;
    private final Optional<Integer> vmUid;
    private Optional<Answer> known = Optional.empty();

    /** @param vmUid the uid of VMMs where it is not the owner's */
    public Confinement(Path shim, CommandRunner commands, Optional<Integer> vmUid) {
        this.shim = shim;
        this.commands = commands;
        this.vmUid = vmUid;
    }

    /**
     * What was found.
     *
     * @param bwrap empty: VMMs see what their user sees
     * @param reason why there is none; empty when there is
     */
    public record Answer(Optional<Path> bwrap, String reason, List<String> remedies) {
        /** For tests of what is around it. */
        public static final Answer NOT_WANTED = off("not wanted");

        static Answer off(String reason, String... remedies) {
            return new Answer(Optional.empty(), reason, List.of(remedies));
        }

        /** {@code bubblewrap}, or {@code off (why)}. */
        public String label() {
            return bwrap.isPresent() ? "bubblewrap" : "off (" + reason + ")";
        }
    }

    /** The known answer; a no is asked again, because whoever reads it may mend it. */
    public synchronized Answer answer() {
        return known.filter(a -> a.bwrap().isPresent()).orElseGet(this::examine);
    }

    /** Tries it now. */
    public synchronized Answer examine() {
        var answer = Programs.find(BWRAP)
                .map(this::attempt)
                .orElseGet(() ->
                        Answer.off(BWRAP + " not found", "sudo apt-get install " + Programs.debianPackage(BWRAP)));
        known = Optional.of(answer);
        return answer;
    }

    private Answer attempt(Path bwrap) {
        var arguments = new ArrayList<>(List.of(shim.toString(), "try-confine", "--confine", bwrap.toString()));
        vmUid.ifPresent(u -> arguments.addAll(List.of("--uid", u.toString())));
        var result = commands.run(Command.of(arguments).within(Duration.ofSeconds(10)));
        var line = Printable.line(result.out().strip());
        if (result.ok() && line.startsWith("ok ")) return new Answer(Optional.of(bwrap), "", List.of());
        var words = line.replaceFirst("^failed ", "").split(": ", 2);
        var text = words.length == 2 ? words[1] : result.reason();
        if (words[0].startsWith("namespace-")) {
            var why = NamespaceRefusal.told(words[0], text);
            return new Answer(Optional.empty(), why.reason(), why.remedies());
        }
        return Answer.off(
                "bwrap: " + text,
                "in a container: allow user namespaces and mounts in it (--security-opt seccomp=unconfined"
                        + " --security-opt systempaths=unconfined)");
    }
}
