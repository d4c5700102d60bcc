package banger.e2e;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A home whose daemon emulates a processor that can virtualize: it is started by hand, with a flag. */
final class LabHome extends Home {
    private static final String PROCESSOR = "EPYC,+svm,+npt";

    /** One build for all of it: a daemon of another would be replaced by one without the flag. */
    private final Path product = Product.directory();

    private Optional<Running> daemon = Optional.empty();

    LabHome(Path path) {
        super(path);
    }

    @Override
    Program banger(List<String> words) {
        var all = new ArrayList<>(List.of(product.resolve("bin/banger").toString()));
        all.addAll(words);
        return new Program(all, environment());
    }

    void begin() {
        settings("");
        var bangerd = new Program(List.of(product.resolve("libexec/bangerd").toString()), environment())
                .env("BANGER_DAEMON_FLAGS", "-Dbanger.emulated-cpu=" + PROCESSOR)
                .start();
        daemon = Optional.of(bangerd);
        awaitDaemon(bangerd);
    }

    /** A shell's line with the launcher as {@code $1} and these words after it: for redirections. */
    Ended shell(String line, String... words) {
        var all = new ArrayList<>(
                List.of("sh", "-c", line, "sh", product.resolve("bin/banger").toString()));
        all.addAll(List.of(words));
        return new Program(all, environment()).within(Duration.ofMinutes(5)).run();
    }

    /** Ends machine and daemon, whoever left them. */
    void end() {
        if (Files.exists(socket())) {
            for (var vm : run("vm", "list", "-q").out().lines().toList()) run("vm", "kill", vm);
            run("daemon", "stop");
        }
        Leaks.end(path());
        daemon.ifPresent(Running::close);
        daemon = Optional.empty();
    }
}
