package banger.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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

    private Path repo;

    @BeforeEach
    void repository() throws Exception {
        repo = Files.createDirectories(directory.resolve("shop"));
        git("init", "-q", "-b", "main");
        git("config", "user.name", "A");
        git("config", "user.email", "a@b");
        Files.writeString(repo.resolve("tracked"), "tracked\n");
        Files.writeString(repo.resolve(".gitignore"), "*.o\n");
        git("add", "-A");
        git("commit", "-q", "-m", "first");
        Files.writeString(repo.resolve("tracked"), "edited on the host\n");
    }

    @AfterEach
    void delete() {
        HOME.deleteAll();
    }

    private String git(String... words) throws IOException, InterruptedException {
        var all = new ArrayList<>(List.of("git", "-C", repo.toString()));
        all.addAll(List.of(words));
        var process = new ProcessBuilder(all).redirectErrorStream(true).start();
        var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        return said;
    }

    private static Program run(String... words) {
        var all = new ArrayList<>(List.of("vm", "run", "--image", Prepared.IMAGE, "--vcpu", "1", "--memory", "512M"));
        all.addAll(List.of(words));
        return HOME.banger(all);
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
        git("apply", "--check", directory.resolve("box.patch").toString());

        var refused = HOME.run("vm", "delete", "box").expect(1);
        assertThat(refused.err()).contains("never pulled", "A new", "M tracked", "--discard");
        assertThat(HOME.run("vm", "pull", "box").expect(1).err()).contains("--branch");

        HOME.run("vm", "pull", "box", "--branch", "work").ok();
        assertThat(git("log", "--format=%s", "main..work"))
                .isEqualTo("uncommitted in VM box\nedits on the host when VM box got them\n");
        assertThat(git("show", "work:tracked")).isEqualTo("edited on the host\nguest\n");
        HOME.run("vm", "pull", "box", "--apply").ok();
        assertThat(repo.resolve("new")).hasContent("new");
        assertThat(repo.resolve("a.o")).doesNotExist();
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
                        .directory(repo.toFile())
                        .start()
                        .waitFor())
                .isZero();
        var branch =
                git("for-each-ref", "--format=%(refname)", "refs/heads/rescued").strip();
        assertThat(branch).endsWith("/uncommitted");
        assertThat(git("show", branch + ":new")).isEqualTo("new\n");
    }
}
