package banger.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** The self-contained archive of this checkout, as {@code make dist} makes it. */
final class LabRelease {
    private LabRelease() {}

    /** Makes it unless it is there for today's build. */
    private static Path archive() throws IOException {
        var build = Product.directory().getFileName().toString();
        var dist = Files.createDirectories(Product.checkout().resolve("dist"));
        var archive = dist.resolve("lab-" + build + ".tar.gz");
        if (Files.exists(archive)) return archive;
        try (var old = Files.newDirectoryStream(dist, "lab-*")) {
            for (var one : old) Trees.delete(one);
        }
        var environment = new Home(dist).environment();
        environment.remove("BANGER_HOME");
        new Program(
                        List.of(
                                Product.checkout().resolve("scripts/dist").toString(),
                                dist.resolve("lab-" + build).toString()),
                        environment)
                .within(Duration.ofMinutes(5))
                .run()
                .ok();
        return archive;
    }

    /** Unpacks it where an administrator would. */
    static void putInto(Lab lab) throws IOException {
        lab.send(archive(), "tar -C /opt/banger --strip-components=1 --no-same-owner -xzf -");
    }

    static void removeFrom(Lab lab) {
        lab.root("rm -rf /opt/banger/*");
    }
}
