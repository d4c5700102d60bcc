package banger.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;

/** A real Firecracker to try with, if this machine has one: nothing of the project fetches or builds it. */
final class LabFirecracker {
    static final String MISSING =
            "no Firecracker here: FIRECRACKER_BIN names none, and banger engine pull firecracker was not used";

    private LabFirecracker() {}

    static Optional<Path> find() throws IOException {
        var named = System.getenv().getOrDefault("FIRECRACKER_BIN", "");
        if (!named.isEmpty()) return Optional.of(Path.of(named)).filter(Files::isExecutable);
        var engines = Path.of(System.getProperty("user.home"), ".local/state/banger/engines");
        if (!Files.isDirectory(engines)) return Optional.empty();
        try (var pulled = Files.list(engines)) {
            return pulled.map(p -> p.resolve("firecracker"))
                    .filter(Files::isExecutable)
                    .max(Comparator.naturalOrder());
        }
    }

    static void putInto(Lab lab, Path program) throws IOException {
        lab.send(program, "cat > /usr/local/bin/firecracker && chmod 755 /usr/local/bin/firecracker");
    }
}
