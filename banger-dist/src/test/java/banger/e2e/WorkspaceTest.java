package banger.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A repository on its way into a real VM. */
@Tag("vm")
class WorkspaceTest {
    @RegisterExtension
    static final TestHome HOME = TestHome.prepared();

    @TempDir
    Path directory;

    private Checkout repo;

    @BeforeEach
    void repository() throws Exception {
        repo = Checkout.in(directory);
        repo.write("tracked", "edited\n");
        repo.write("untracked", "untracked\n");
    }

    @AfterEach
    void delete() {
        HOME.deleteAll();
    }

    private static Program run(String... words) {
        return Checkout.run(HOME, words);
    }

    @Test
    void aCommandRunsInTheRepositoryAndItsStatusIsOurs() {
        var ended = run("--rm", repo.top().resolve("sub/dir").toString(), "--", "./run")
                .run()
                .expect(9);
        assertThat(ended.out()).isEqualTo("/root/repo/sub/dir\n");
        assertThat(ended.err()).contains("/shop at ", " (main): 3 files, ", "1 untracked file left out");
        assertThat(HOME.run("vm", "list", "-q").ok().out()).isEmpty();
    }

    @Test
    void theWorkspaceOutlivesARestartAndLaterPreparesBringTheDifference() throws Exception {
        run("-d", "--name", "box", repo.toString()).run().ok();
        assertThat(HOME.exec("box", "cat", "tracked").ok().out()).isEqualTo("edited\n");
        assertThat(HOME.exec("box", "sh", "-c", "ls; echo guest >> sub/dir/run")
                        .ok()
                        .out())
                .isEqualTo("sub\ntracked\n");
        HOME.run("vm", "restart", "box").ok();
        assertThat(HOME.exec("box", "cat", "tracked").ok().out()).isEqualTo("edited\n");

        repo.write("tracked", "again\n");
        repo.write("sub/dir/run", "host\n");
        var prepared =
                HOME.run("vm", "workspace", "prepare", "box", repo.toString()).ok();
        assertThat(prepared.err()).contains("1 file, ", "1 file kept as the guest has them: sub/dir/run");
        assertThat(HOME.exec("box", "cat", "tracked").ok().out()).isEqualTo("again\n");
        repo.git("commit", "-q", "-a", "-m", "second");
        assertThat(HOME.exec("box", "true").ok().err()).contains("warning: the host is at ", "--auto-prepare");
        assertThat(HOME.run("vm", "exec", "--auto-prepare", "box", "--", "true")
                        .ok()
                        .err())
                .contains("0 files");
        assertThat(HOME.exec("box", "true").ok().err()).isEmpty();
        assertThat(HOME.run("vm", "list").ok().out()).contains("shop@");
    }

    @Test
    void aDryRunListsAndMakesNothing() {
        var ended =
                run("--dry-run", "--include-untracked", repo.toString()).run().ok();
        assertThat(ended.out().lines())
                .containsExactly(
                        "100644          4  .gitignore",
                        "100755         22  sub/dir/run",
                        "100644          7  tracked",
                        "100644         10  untracked");
        assertThat(HOME.run("vm", "list", "-q").ok().out()).isEmpty();
    }

    @Test
    void whatCannotGoInIsRefusedBeforeAVmIsMade() throws IOException {
        var plain = Files.createDirectories(directory.resolve("plain"));
        assertThat(run(plain.toString()).run().expect(1).err()).contains("not in a git repository");
        run(directory.resolve("missing").toString()).run().expect(1);
        run("--branch", "x").run().expect(2);
        run("--from", "HEAD", repo.toString()).run().expect(2);
        run("--branch", "x", "--from", "no-such", repo.toString()).run().expect(2);
        run("--guest-path", "relative", repo.toString()).run().expect(2);
        repo.write(".tool-versions", "node 20\n");
        assertThat(run("--include-untracked", repo.toString()).run().expect(2).err())
                .contains("--nat", "--no-bootstrap");
        assertThat(HOME.run("vm", "list", "-q").ok().out()).isEmpty();
    }

    /** The host is as it was; the guest's workspace is incomplete, says so, and the next prepare finishes it. */
    @Test
    void ctrlCDuringAPrepare() throws Exception {
        run("-d", "--name", "box", repo.toString()).run().ok();
        var text = "0123456789abcde\n".repeat(4096);
        for (int i = 0; i < 400; i++) repo.write("many/f" + i, i + text);
        repo.git("add", "-A");
        var before = repo.snapshot();
        try (var running = HOME.banger("vm", "workspace", "prepare", "box", repo.toString())
                .start()) {
            Wait.until(
                    "the first files arrive",
                    () -> HOME.exec("box", "test", "-d", "/root/repo/many").status() == 0);
            running.signal("INT");
            assertThat(running.await().err()).doesNotContain("Exception");
        }
        assertThat(repo.snapshot()).isEqualTo(before);
        HOME.run("vm", "workspace", "prepare", "box", repo.toString()).ok();
        assertThat(HOME.exec("box", "sh", "-c", "ls many | wc -l; tail -c 16 many/f399")
                        .ok()
                        .out())
                .isEqualTo("400\n0123456789abcde\n");
        assertThat(HOME.run("vm", "diff", "box").ok().out()).isEmpty();
        assertThat(repo.snapshot()).isEqualTo(before);
    }
}
