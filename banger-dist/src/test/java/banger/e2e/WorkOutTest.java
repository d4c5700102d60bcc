package banger.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The work in a real VM comes back, and is not lost with it. */
@Tag("vm")
class WorkOutTest {
    @RegisterExtension
    static final TestHome HOME = TestHome.prepared();

    @TempDir
    Path directory;

    private Checkout repo;

    @BeforeEach
    void repository() throws Exception {
        repo = Checkout.in(directory);
        repo.write("tracked", "edited on the host\n");
    }

    @AfterEach
    void delete() {
        HOME.deleteAll();
    }

    private static Program run(String... words) {
        return Checkout.run(HOME, words);
    }

    @Test
    void theWholeRoundTrip() throws Exception {
        run("-d", "--name", "box", repo.toString()).run().ok();
        assertThat(HOME.run("vm", "diff", "box").ok().out()).isEmpty();
        assertThat(HOME.run("vm", "pull", "box").ok().err()).contains("nothing to pull");
        HOME.exec("box", "sh", "-c", "echo guest >> tracked; echo new > new; echo ignored > a.o")
                .ok();
        var diff = HOME.run("vm", "diff", "box").ok();
        assertThat(diff.out())
                .contains("+++ b/new\n", "+guest\n")
                .doesNotContain("a.o", "-tracked", "+edited on the host");
        Files.writeString(directory.resolve("box.patch"), diff.out());
        repo.git("apply", "--check", directory.resolve("box.patch").toString());

        var refused = HOME.run("vm", "delete", "box").expect(1);
        assertThat(refused.err()).contains("never pulled", "A new", "M tracked", "--discard");
        assertThat(HOME.run("vm", "pull", "box").expect(1).err()).contains("--branch");

        HOME.run("vm", "pull", "box", "--branch", "work").ok();
        assertThat(repo.git("log", "--format=%s", "main..work"))
                .isEqualTo("uncommitted in VM box\nedits on the host when VM box got them\n");
        assertThat(repo.git("show", "work:tracked")).isEqualTo("edited on the host\nguest\n");
        HOME.run("vm", "pull", "box", "--apply").ok();
        assertThat(repo.top().resolve("new")).hasContent("new");
        assertThat(repo.top().resolve("a.o")).doesNotExist();
        HOME.run("vm", "stop", "box").ok();
        HOME.run("vm", "delete", "box").ok();
    }

    @Test
    void withRmTheWorkIsSavedAndComesBack() throws Exception {
        var ended = run("--rm", repo.toString(), "--", "sh", "-c", "echo new > new; exit 3")
                .run()
                .expect(3);
        assertThat(HOME.vms()).isEmpty();
        var fetch = ended.err()
                .lines()
                .map(String::strip)
                .filter(l -> l.startsWith("git fetch "))
                .findFirst()
                .orElseThrow();
        assertThat(new ProcessBuilder("sh", "-c", fetch)
                        .directory(repo.top().toFile())
                        .start()
                        .waitFor())
                .isZero();
        var branch = repo.git("for-each-ref", "--format=%(refname)", "refs/heads/rescued")
                .strip();
        assertThat(branch).endsWith("/uncommitted");
        assertThat(repo.git("show", branch + ":new")).isEqualTo("new\n");
    }
}
