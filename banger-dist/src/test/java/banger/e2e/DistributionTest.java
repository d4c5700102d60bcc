package banger.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarFile;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The self-contained archive, unpacked where it was not made, when nothing of where it was made is left. */
@Tag("vm")
class DistributionTest {
    @RegisterExtension
    static final TestHome HOME = TestHome.empty();

    private static Path directory;
    private static Path unpacked;

    @BeforeAll
    static void make() throws IOException {
        directory = Files.createTempDirectory(Prepared.place(), "bd-");
        var made = directory.resolve("made");
        var environment = HOME.environment();
        environment.remove("BANGER_HOME");
        new Program(List.of(Product.checkout().resolve("scripts/dist").toString(), made.toString()), environment)
                .within(Duration.ofMinutes(5))
                .run()
                .ok();
        unpacked = Files.createDirectory(directory.resolve("unpacked"));
        new Program(
                        List.of("tar", "-C", unpacked.toString(), "--strip-components=1", "-xzf", made + ".tar.gz"),
                        environment)
                .run()
                .ok();
        Trees.delete(made);
    }

    @AfterAll
    static void delete() throws IOException {
        Trees.delete(directory);
    }

    /** Without any JDK on the way. */
    private static Ended banger(Path launcher, String... words) {
        var all = new ArrayList<>(List.of(launcher.toString()));
        all.addAll(List.of(words));
        var environment = HOME.environment();
        environment.put("PATH", "/usr/bin:/bin");
        return new Program(all, environment).run();
    }

    @Test
    void itsPartsRunWithTheirCaches() {
        var launcher = unpacked.resolve("bin/banger");
        for (var program : List.of("cli", "daemon"))
            assertThat(unpacked.resolve("aot").resolve(program + ".aot")).isNotEmptyFile();
        // By the C program, by a daemon that starts for it, by Java, and with a helper where there is a network.
        assertThat(banger(launcher, "version").ok().out()).startsWith("banger ");
        assertThat(banger(launcher, "vm", "list").ok().err()).startsWith("no VMs");
        assertThat(banger(launcher, "vm", "list", "--json").ok().out().strip()).isEqualTo("[]");
        assertThat(banger(launcher, "doctor", "--json").out()).contains("\"checks\"");
        banger(launcher, "daemon", "stop").ok();
    }

    /** See {@code scripts/assemble}. */
    @Test
    void nothingInItIsSealed() throws IOException {
        try (var files = Files.walk(unpacked.resolve("lib"))) {
            for (var file : files.filter(f -> f.toString().endsWith(".jar")).toList()) {
                try (var jar = new JarFile(file.toFile())) {
                    var manifest = jar.getManifest();
                    if (manifest == null) continue;
                    assertThat(manifest.getMainAttributes().getValue("Sealed"))
                            .as(file.toString())
                            .isNull();
                    for (var entry : manifest.getEntries().values())
                        assertThat(entry.getValue("Sealed")).as(file.toString()).isNull();
                }
            }
        }
    }

    @Test
    void installedAndRemovedAgain() throws IOException {
        var prefix = directory.resolve("prefix");
        var install = Product.checkout().resolve("scripts/install").toString();
        new Program(List.of(install, unpacked.toString(), prefix.toString()), HOME.environment())
                .run()
                .ok();
        assertThat(banger(prefix.resolve("bin/banger"), "version").ok().out())
                .isEqualTo(
                        banger(unpacked.resolve("bin/banger"), "version").ok().out());
        assertThat(prefix.resolve("share/bash-completion/completions/banger")).isNotEmptyFile();
        new Program(List.of(install, "--remove", prefix.toString()), HOME.environment())
                .run()
                .ok();
        try (var left = Files.walk(prefix)) {
            assertThat(left.filter(f -> !Files.isDirectory(f))).isEmpty();
        }
    }
}
