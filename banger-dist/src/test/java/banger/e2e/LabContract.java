package banger.e2e;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The daemon's own contract for engines, run on the lab's machine by the release's Java, as root. */
final class LabContract {
    /** Classes of the libraries that the contract needs, wherever this test's class path has them. */
    private static final List<String> LIBRARIES = List.of(
            "org.junit.jupiter.api.Test",
            "org.junit.jupiter.engine.JupiterTestEngine",
            "org.junit.jupiter.params.ParameterizedTest",
            "org.junit.platform.commons.JUnitException",
            "org.junit.platform.engine.TestEngine",
            "org.junit.platform.launcher.Launcher",
            "org.opentest4j.TestAbortedException",
            "org.assertj.core.api.Assertions");

    private static final String PLACE = "/opt/contract";

    private LabContract() {}

    private static Set<Path> libraries() {
        var jars = new LinkedHashSet<Path>();
        for (var name : LIBRARIES) {
            try {
                var source = Class.forName(name).getProtectionDomain().getCodeSource();
                jars.add(Path.of(source.getLocation().toURI()));
            } catch (ClassNotFoundException | URISyntaxException e) {
                throw new IllegalStateException(name + " is not on the class path", e);
            }
        }
        return jars;
    }

    private static void putInto(Lab lab) throws IOException {
        lab.root("rm -rf " + PLACE + " && mkdir -p " + PLACE + "/native && ln -s /opt/banger/libexec " + PLACE
                + "/native/target");
        for (var jar : libraries()) lab.send(jar, "cat > " + PLACE + "/" + jar.getFileName());
        var classes = Product.checkout().resolve("banger-daemon/target/test-classes");
        var tar = Files.createTempFile("contract", ".tar");
        try {
            new Program(
                            List.of("tar", "-C", classes.toString(), "-cf", tar.toString(), "banger/daemon/engine"),
                            lab.home().environment())
                    .run()
                    .ok();
            lab.send(tar, "mkdir " + PLACE + "/classes && tar -C " + PLACE + "/classes -xf -");
        } finally {
            Files.delete(tar);
        }
    }

    /** Returns how each test ended, a line or more for each. */
    static Ended run(Lab lab, String testClass) throws IOException {
        putInto(lab);
        var environment = new ArrayList<>(LabScenario.environment("firecracker"));
        environment.add("FIRECRACKER_BIN=/usr/local/bin/firecracker");
        environment.add("HOME=/root");
        return lab.type(
                "root",
                environment,
                "cd " + PLACE + " && exec /opt/banger/runtime/bin/java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
                        + " -Dbanger.checkout=" + PLACE
                        + " -Dbanger.test-kernel=$(echo /home/ann/.local/state/banger/kernels/*)"
                        + " -cp 'classes:*:/opt/banger/lib/daemon/*' banger.daemon.engine.RunContract " + testClass);
    }
}
