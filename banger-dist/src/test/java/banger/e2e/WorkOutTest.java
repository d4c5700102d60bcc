package banger.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
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
        var again = HOME.run("vm", "pull", "box").expect(1).err();
        assertThat(again).contains("pulled already", "--branch");
        HOME.run("vm", "stop", "box").ok();
        HOME.run("vm", "delete", "box").ok();
    }

    /** A file of the guest's that banger obeys, and a host without a commit: what is told is what is so. */
    @Test
    void anEmptyRepositoryAndAConfigurationFile() throws Exception {
        var empty = new Checkout(directory.resolve("empty one"));
        Files.createDirectory(empty.top());
        empty.git("init", "-q", "-b", "main");
        run("-d", "--name", "box", empty.toString()).run().ok();
        HOME.exec("box", "sh", "-c", "echo 'nat = true' > .banger.toml").ok();
        var dry = HOME.run("vm", "pull", "box", "--apply", "--dry-run").expect(1);
        assertThat(dry.err()).contains("would change 1 file", "--allow-config");
        assertThat(HOME.run("vm", "pull", "box", "--apply").expect(1).err()).contains("--allow-config");
        assertThat(empty.top().resolve(".banger.toml")).doesNotExist();
        var made = HOME.run("vm", "pull", "box", "--branch", "work").ok().err();
        assertThat(made).contains("runs on its own:\n  .banger.toml\n", "git log -p work");
        assertThat(empty.git("log", "--format=%s", "-p", "work")).contains("+nat = true");
        HOME.run("vm", "pull", "box", "--apply", "--allow-config").ok();
        assertThat(empty.top().resolve(".banger.toml")).hasContent("nat = true");
        HOME.run("vm", "delete", "box").ok();
    }

    /** The image has no git: commits are taken as objects, as some other program would leave them. */
    @Test
    void commitsInASubmoduleOfAnImageWithoutGit() throws Exception {
        var library = new Checkout(directory.resolve("library"));
        library.write("l", "l\n");
        library.git("init", "-q", "-b", "main");
        library.git("add", "-A");
        library.git("-c", "user.name=A", "-c", "user.email=a@b", "commit", "-q", "-m", "library");
        repo.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", library.toString(), "lib");
        repo.git("commit", "-q", "-m", "with lib");
        run("-d", "--name", "box", repo.toString()).run().ok();

        var copy = new Checkout(directory.resolve("copy"));
        library.git("clone", "-q", "--depth", "1", "file://" + library, copy.toString());
        copy.write("l", "l\nguest\n");
        copy.git("-c", "user.name=G", "-c", "user.email=g@vm", "commit", "-q", "-a", "-m", "by the guest");
        var tar = new ProcessBuilder("tar", "c", "-C", copy + "/.git", "objects", "refs/heads/main").start();
        HOME.banger("vm", "exec", "box", "--", "tar", "x", "-C", "/root/repo/.git/modules/lib")
                .in(tar.getInputStream().readAllBytes())
                .run()
                .ok();
        HOME.exec(
                        "box",
                        "sh",
                        "-c",
                        "echo ref: refs/heads/main > .git/modules/lib/HEAD; echo l > lib/l; echo guest >> lib/l; echo new > lib/new")
                .ok();
        var before = repo.snapshot();
        assertThat(HOME.run("vm", "diff", "--name-only", "box").ok().out()).isEqualTo("lib/l\nlib/new\n");
        assertThat(HOME.run("vm", "pull", "box", "--apply").expect(1).err()).contains("at another commit");
        assertThat(repo.snapshot()).isEqualTo(before);
        HOME.run("vm", "pull", "box", "--branch", "work").ok();
        var lib = new Checkout(repo.top().resolve("lib"));
        assertThat(lib.git("log", "--format=%s", "work")).isEqualTo("uncommitted in VM box\nby the guest\nlibrary\n");
        assertThat(repo.git("rev-parse", "work:lib")).isEqualTo(lib.git("rev-parse", "work"));
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

    /** Ctrl-C while the work is being saved: it is saved, and the VM goes. */
    @Test
    void anInterruptWhileTheWorkIsSavedLosesNothing() throws Exception {
        var before = bundles();
        try (var running = run(
                        "--rm", repo.toString(), "--", "sh", "-c", "head -c 20000000 /dev/urandom > new; echo written")
                .start()) {
            running.awaitOut("written");
            running.signal("INT");
            running.await();
        }
        Wait.until(
                () -> "the VM goes: " + HOME.vms(),
                Duration.ofMinutes(2),
                () -> HOME.vms().isEmpty());
        var bundles = new ArrayList<>(bundles());
        bundles.removeAll(before);
        assertThat(bundles).hasSize(1);
        repo.git("fetch", "-q", bundles.getFirst().toString(), "refs/*:refs/rescued/*");
        assertThat(repo.git("for-each-ref", "--format=%(refname)", "refs/rescued"))
                .contains("uncommitted");
        var ref = repo.git("for-each-ref", "--format=%(refname)", "refs/rescued")
                .lines()
                .filter(l -> l.endsWith("uncommitted"))
                .findFirst()
                .orElseThrow();
        assertThat(repo.git("cat-file", "-s", ref + ":new")).isEqualTo("20000000\n");
    }

    private static List<Path> bundles() throws IOException {
        var rescues = HOME.state().resolve("rescue");
        if (!Files.exists(rescues)) return List.of();
        try (var files = Files.walk(rescues)) {
            return files.filter(f -> f.toString().endsWith(".bundle")).toList();
        }
    }

    /** Killed, or ended by itself: nobody asked it, and so it is not known to be empty. */
    @Test
    void aVmThatWasNotAskedWhenItEndedStays() {
        run("-d", "--name", "box", repo.toString()).run().ok();
        HOME.run("vm", "kill", "box").ok();
        assertThat(HOME.run("vm", "delete", "box").expect(1).err())
                .contains("was not asked when it ended", "--discard");
        HOME.run("vm", "prune", "-f").expect(1);
        assertThat(HOME.vms()).hasSize(1);
        HOME.run("vm", "start", "box").ok();
        HOME.awaitInit("box");
        HOME.exec("box", "sh", "-c", "echo new > new; systemctl poweroff");
        Wait.until(
                () -> "the guest powers off: " + HOME.vms(),
                Duration.ofMinutes(2),
                () -> HOME.vms().stream().allMatch(v -> v.state().equals("stopped")));
        assertThat(HOME.run("vm", "delete", "box").expect(1).err()).contains("was not asked when it ended");
        assertThat(HOME.run("vm", "diff", "box").expect(1).err()).contains("banger vm start box");
        HOME.run("vm", "start", "box").ok();
        assertThat(HOME.run("vm", "diff", "--name-only", "box").ok().out()).isEqualTo("new\n");
        HOME.run("vm", "delete", "--discard", "box").ok();
    }

    /** All files change or none, and the next pull finds nothing left to take back. */
    @Test
    void ctrlCDuringAnApply() throws Exception {
        for (int i = 0; i < 300; i++) repo.write("many/f" + i, "host " + i + "\n");
        repo.git("add", "-A");
        repo.git("commit", "-q", "-m", "many");
        run("-d", "--name", "box", repo.toString()).run().ok();
        HOME.exec("box", "sh", "-c", "for f in many/*; do echo guest >> $f; done")
                .ok();
        var before = repo.snapshot();
        try (var running = HOME.banger("vm", "pull", "box", "--apply").start()) {
            Wait.until("files are staged", () -> Files.exists(repo.top().resolve(".git/banger")));
            running.signal("INT");
            running.await();
        }
        var after = repo.snapshot();
        if (!after.equals(before)) {
            for (int i = 0; i < 300; i++)
                assertThat(repo.top().resolve("many/f" + i)).hasContent("host " + i + "\nguest");
        }
        HOME.run("vm", "pull", "box", "--apply").ok();
        assertThat(repo.git("diff", "--stat")).contains("300 files changed");
        assertThat(repo.top().resolve(".git/banger").toFile().list()).containsExactly("lock");
    }
}
