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

    static final String NO_JAILER = "no jailer here: JAILER_BIN names none, and none lies beside the Firecracker";

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

    /** The jailer of the same release: beside it, unless JAILER_BIN names one. */
    static Optional<Path> jailer() throws IOException {
        var named = System.getenv().getOrDefault("JAILER_BIN", "");
        if (!named.isEmpty()) return Optional.of(Path.of(named)).filter(Files::isExecutable);
        return find().map(f -> f.resolveSibling("jailer")).filter(Files::isExecutable);
    }

    static void putInto(Lab lab, Path program) throws IOException {
        put(lab, program, "/usr/local/bin/firecracker");
        var jailer = jailer();
        if (jailer.isEmpty()) return;
        put(lab, jailer.get(), "/usr/local/bin/jailer");
        // Not in the release before there is a system mode that starts it.
        lab.root("mkdir -p /usr/local/libexec");
        put(lab, Product.checkout().resolve("native/target/banger-launch"), "/usr/local/libexec/banger-launch");
    }

    private static void put(Lab lab, Path program, String there) throws IOException {
        lab.send(program, "cat > " + there + " && chmod 755 " + there);
    }
}
