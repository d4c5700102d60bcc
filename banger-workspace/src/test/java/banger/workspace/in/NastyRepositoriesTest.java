package banger.workspace.in;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.workspace.GuestPath;
import banger.workspace.RepoPath;
import banger.workspace.testing.Repo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Repositories of every awkward kind: the guest's git says what the host's says, and the host's is untouched. */
@Tag("slow")
class NastyRepositoriesTest {
    @TempDir
    Path home;

    private Delivered delivered;
    private Repo repo;

    @BeforeEach
    void begin() {
        delivered = new Delivered(home);
        repo = Repo.init(home.resolve("src"));
    }

    private Import.Outcome bringIn(Wish wish) {
        var before = Delivered.snapshot(repo.top());
        var outcome = delivered.deliver(wish);
        assertThat(Delivered.snapshot(repo.top())).isEqualTo(before);
        return outcome;
    }

    private void arrivesTheSame() {
        bringIn(Wish.of(repo.top()));
        delivered.assertSame(repo);
    }

    private void sh(String script) throws Exception {
        var process = new ProcessBuilder("sh", "-ec", script)
                .directory(repo.top().toFile())
                .redirectErrorStream(true)
                .start();
        var output = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(process.waitFor()).describedAs(output).isZero();
    }

    @Test
    void namesInAnyBytes() throws Exception {
        sh("""
                printf x > "$(printf 'latin\\351')"; printf x > "$(printf 'ff\\377\\376')"
                printf x > 'new
                line'; printf x > 'tab	tab'; printf x > ' blank '; printf x > 'quo"te'; printf x > "quo'te"
                printf x > 'back\\slash'; printf x > -dash; printf x > '*'; printf x > ':colon'; printf x > grün
                mkdir -p 'd ir/日本/.gitx' '...' 'a.d' a; printf x > 'd ir/日本/.gitx/f'; printf x > .../f
                printf x > a-b; printf x > a/b; printf x > a.d/b; printf x > a.
                printf x > "$(printf 'n%.0s' $(seq 255))"
                """);
        repo.commit("names");
        sh("printf changed > \"$(printf 'latin\\351')\"; rm -- -dash");
        arrivesTheSame();
        assertThat(delivered.deliver(Wish.of(repo.top())).sent()).isZero();
    }

    @Test
    void modesLinksAndEmptyThings() throws Exception {
        sh("""
                printf x > run; chmod 755 run; printf x > private; chmod 600 private; : > empty; printf x > ro; chmod 444 ro
                ln -s /etc/passwd abs; ln -s ../../.. up; ln -s nowhere dangling; mkdir dir; ln -s dir todir; printf x > dir/f
                mkdir -p empty-dir/inner
                """);
        repo.commit("modes");
        arrivesTheSame();
        assertThat(Files.exists(delivered.at("empty-dir"), LinkOption.NOFOLLOW_LINKS))
                .isFalse();
        assertThat(Files.readSymbolicLink(delivered.at("abs"))).isEqualTo(Path.of("/etc/passwd"));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(delivered.at("private"))))
                .isEqualTo("rw-------");
        assertThat(Files.getLastModifiedTime(delivered.at("run")))
                .isEqualTo(Files.getLastModifiedTime(repo.top().resolve("run")));
    }

    @Test
    void everyStateOfAnIndex() throws Exception {
        for (var n : List.of("same", "edited", "deleted", "removed", "renamed", "typechange", "both"))
            repo.write(n, n + "\n");
        repo.commit("base");
        repo.write("added", "a")
                .write("edited", "now\n")
                .write("both", "staged\n")
                .write("later", "l");
        repo.git("add", "added", "both");
        repo.write("both", "and edited\n");
        repo.git("rm", "-q", "removed");
        repo.git("mv", "renamed", "moved");
        repo.git("add", "-N", "later");
        sh("rm deleted typechange; ln -s same typechange; chmod +x same");
        arrivesTheSame();
    }

    @Test
    void aConflictGoesAlongWithItsStages() {
        repo.write("f", "base\n").write("other", "o").commit("base");
        repo.git("checkout", "-q", "-b", "side");
        repo.write("f", "side\n").commit("side");
        repo.git("checkout", "-q", "main");
        repo.write("f", "main\n").commit("main");
        assertThat(repo.run("merge", "side").status()).isOne();
        arrivesTheSame();
        var guest = delivered.guest();
        assertThat(guest.git("rev-parse", "MERGE_HEAD")).isEqualTo(repo.git("rev-parse", "MERGE_HEAD"));
        guest.write("f", "both\n");
        guest.git("add", "f");
        guest.git("commit", "-q", "--no-edit");
        assertThat(guest.git("log", "-1", "--format=%p").strip().split(" ")).hasSize(2);
    }

    @Test
    void aRebaseUnderWayIsTold() {
        repo.write("f", "1\n").commit("1");
        repo.git("checkout", "-q", "-b", "side");
        repo.write("f", "2\n").commit("2");
        repo.git("checkout", "-q", "main");
        repo.write("f", "3\n").commit("3");
        assertThat(repo.run("rebase", "side").status()).isOne();
        assertThat(delivered.look(Wish.of(repo.top())).notes())
                .containsExactly("a rebase is under way here: its files go along, its state does not");
        arrivesTheSame();
    }

    @Test
    void nothingOfTheRepositorysOwnRuns() throws Exception {
        repo.write("big.bin", "pointer\n")
                .write(".gitattributes", "*.bin filter=trap\n")
                .commit("lfs");
        var trap = home.resolve("sprung");
        for (var key : List.of("filter.trap.clean", "filter.trap.smudge", "core.fsmonitor", "diff.external"))
            repo.git("config", key, "touch " + trap + "; cat");
        Files.createDirectories(repo.top().resolve(".git/hooks"));
        for (var hook : List.of("post-index-change", "pre-commit", "reference-transaction")) {
            var file = repo.top().resolve(".git/hooks/" + hook);
            Files.writeString(file, "#!/bin/sh\ntouch " + trap + "\n");
            file.toFile().setExecutable(true);
        }
        sh("printf 'large content' > big.bin");
        delivered.deliver(Wish.of(repo.top()));
        assertThat(trap).doesNotExist();
        assertThat(delivered.at("big.bin")).hasContent("large content");
        assertThat(delivered.guest().git("config", "--local", "--list"))
                .doesNotContain("trap")
                .doesNotContain("fsmonitor");
        assertThat(delivered.at(".git/hooks")).doesNotExist();
    }

    /** A large file's pointer is in the index, its content on disk: clean on the host, and clean in the guest. */
    @Test
    void contentThatGitConvertsIsCleanInTheGuestToo() throws Exception {
        repo.git("config", "core.autocrlf", "true");
        sh("printf 'a\\r\\nb\\r\\n' > text");
        repo.commit("crlf");
        // As old as a checkout usually is: younger than its index it would have to be read.
        sh("touch -d '1 hour ago' text");
        repo.git("update-index", "--refresh");
        arrivesTheSame();
        assertThat(delivered.guest().git("status", "--porcelain")).isEmpty();
        assertThat(Files.readString(delivered.at("text"))).isEqualTo("a\r\nb\r\n");
    }

    @Test
    void aSparseCheckout() {
        repo.write("in/f", "1").write("out/f", "2").write("top", "3").commit("all");
        repo.git("sparse-checkout", "set", "--cone", "--sparse-index", "in");
        assertThat(repo.top().resolve("out")).doesNotExist();
        arrivesTheSame();
        assertThat(delivered.at("out")).doesNotExist();
        delivered.guest().git("sparse-checkout", "disable");
        assertThat(delivered.at("out/f")).hasContent("2");
    }

    @Test
    void aLinkedWorktreeAndAPlaceInIt() {
        repo.write("f", "1").write("sub/dir/g", "2").commit("1");
        repo.git("worktree", "add", "-q", "-b", "other", home.resolve("linked").toString());
        var linked = Repo.at(home.resolve("linked")).write("f", "changed").write("staged", "s");
        linked.git("add", "staged");
        var outcome = delivered.deliver(Wish.of(linked.top().resolve("sub/dir")));
        delivered.assertSame(linked);
        assertThat(outcome.record().guestDirectory()).isEqualTo("sub/dir");
        assertThat(delivered.guest().git("branch", "--show-current")).isEqualTo("other\n");
    }

    @Test
    void noCommitYet() {
        bringIn(Wish.of(repo.top()));
        delivered.assertSame(repo);
        repo.write("staged", "s").write("not", "n");
        repo.git("add", "staged");
        bringIn(Wish.of(repo.top()));
        delivered.assertSame(repo);
        delivered.guest().git("commit", "-q", "-m", "first");
    }

    @Test
    void aDetachedHeadOfAnotherFormat() throws Exception {
        repo = Repo.init(home.resolve("sha256"), "--object-format=sha256");
        repo.write("f", "1").commit("1").write("f", "2").commit("2");
        repo.git("checkout", "-q", "--detach", "HEAD~1");
        repo.write("f", "dirty");
        arrivesTheSame();
    }

    @Test
    void submodulesAreRepositoriesOfTheirOwn() throws Exception {
        var inner = Repo.init(home.resolve("inner")).write("i", "1").commit("i");
        repo.write("f", "1").commit("1");
        repo.git(
                "-c",
                "protocol.file.allow=always",
                "submodule",
                "add",
                "-q",
                inner.top().toString(),
                "libs/in ner");
        repo.git(
                "-c",
                "protocol.file.allow=always",
                "submodule",
                "add",
                "-q",
                inner.top().toString(),
                "absent");
        repo.commit("subs");
        repo.git("submodule", "deinit", "-q", "-f", "absent");
        Repo.at(repo.top().resolve("libs/in ner")).write("i", "dirty").write("u", "untracked");
        Repo.init(repo.top().resolve("nested")).write("n", "n").commit("n");
        var before = Delivered.snapshot(repo.top());
        var source = delivered.look(Wish.of(repo.top()));
        assertThat(source.nested()).containsExactly(RepoPath.of("nested"));
        assertThat(source.untrackedInAll()).isOne();
        delivered.deliver(Wish.of(repo.top()));
        assertThat(Delivered.snapshot(repo.top())).isEqualTo(before);
        // The agent wrote a path of the guest's, whose root is not ours.
        Files.writeString(
                delivered.at("libs/in ner/.git"), "gitdir: " + delivered.at(".git/modules/libs/in ner") + "\n");
        assertThat(delivered.guest().git("submodule", "status")).isEqualTo(repo.git("submodule", "status"));
        assertThat(delivered.guest().git("status", "--porcelain")).isEqualTo(" M \"libs/in ner\"\n");
        var guest = Repo.at(delivered.at("libs/in ner"));
        assertThat(guest.git("status", "--porcelain")).isEqualTo(" M i\n");
        assertThat(guest.git("rev-parse", "--absolute-git-dir")).endsWith("/.git/modules/libs/in ner\n");
        assertThat(delivered.at("absent")).isEmptyDirectory();
        assertThat(delivered.at("nested")).doesNotExist();
    }

    @Test
    void aPlantedLinkBringsNothingInFromOutside() throws Exception {
        repo.write("a/secret", "tracked").write("b", "b").commit("1");
        Files.writeString(home.resolve("secret"), "outside");
        sh("rm -r a; ln -s " + home + " a");
        arrivesTheSame();
        assertThat(Files.exists(delivered.at("a"), LinkOption.NOFOLLOW_LINKS)).isFalse();
        var outcome = delivered.deliver(
                new Wish(repo.top(), Optional.empty(), Optional.empty(), true, false, false, Wish.DEPTH));
        assertThat(Files.readSymbolicLink(delivered.at("a"))).isEqualTo(home);
        assertThat(outcome.kept()).isEmpty();
    }

    @Test
    void untrackedFilesComeAlongWhenAskedForAndIgnoredOnesNever() {
        repo.write(".gitignore", "*.o\nbuild/\n").write("f", "1").commit("1");
        repo.write("new/file", "n").write("x.o", "o").write("build/out", "o");
        assertThat(delivered.look(Wish.of(repo.top())).untracked()).isOne();
        bringIn(new Wish(repo.top(), Optional.empty(), Optional.empty(), true, false, false, Wish.DEPTH));
        assertThat(delivered.at("new/file")).hasContent("n");
        assertThat(delivered.at("x.o")).doesNotExist();
        assertThat(delivered.at("build")).doesNotExist();
        delivered.assertTreeIsWhatLiesThere();
    }

    @Test
    void historyIsCutAtTheDepthThatWasAskedFor() {
        for (int i = 0; i < 15; i++) repo.write("f", "" + i).commit("c" + i);
        bringIn(new Wish(repo.top(), Optional.empty(), Optional.empty(), false, false, false, 3));
        assertThat(delivered.guest().git("rev-list", "--count", "HEAD")).isEqualTo("3\n");
        bringIn(new Wish(repo.top(), Optional.empty(), Optional.empty(), false, false, false, 0));
        assertThat(delivered.guest().git("rev-list", "--count", "HEAD")).isEqualTo("15\n");
        delivered.assertSame(repo);
    }

    @Test
    void aShallowRepositoryStaysAsItIs() {
        for (int i = 0; i < 6; i++) repo.write("f", "" + i).commit("c" + i);
        var origin = repo;
        origin.git(
                "clone",
                "-q",
                "--depth",
                "2",
                "file://" + origin.top(),
                home.resolve("shallow").toString());
        repo = Repo.at(home.resolve("shallow"));
        arrivesTheSame();
        assertThat(delivered.guest().git("rev-list", "--count", "HEAD")).isEqualTo("2\n");
    }

    @Test
    void aBranchBeginsWhereItWasAskedTo() {
        repo.write("f", "old\n").write("gone", "g").commit("1").git("tag", "v1");
        repo.write("f", "new\n").git("rm", "-q", "gone");
        repo.commit("2").write("f", "dirty\n");
        bringIn(new Wish(repo.top(), Optional.of("fix/it"), Optional.of("v1"), false, false, false, Wish.DEPTH));
        var guest = delivered.guest();
        assertThat(guest.git("branch", "--show-current")).isEqualTo("fix/it\n");
        assertThat(guest.git("rev-parse", "HEAD")).isEqualTo(repo.git("rev-parse", "v1"));
        assertThat(guest.git("status", "--porcelain")).isEmpty();
        assertThat(delivered.at("f")).hasContent("old\n");
    }

    @Test
    void credentialsStayOnTheHost() {
        repo.write("f", "1").commit("1");
        repo.git("remote", "add", "origin", "https://user:token@example.com/x.git");
        repo.git("remote", "add", "ssh", "ssh://git:pw@example.com/x.git");
        repo.git("config", "http.extraHeader", "Authorization: secret");
        repo.git("config", "credential.helper", "store");
        repo.git("config", "include.path", "included");
        repo.git("config", "core.sshCommand", "evil");
        repo.git("config", "user.email", "me@example.com");
        var outcome = bringIn(Wish.of(repo.top()));
        assertThat(outcome.stripped()).containsExactly("origin", "ssh");
        var config = delivered.guest().git("config", "--local", "--list");
        assertThat(config)
                .contains("remote.origin.url=https://example.com/x.git", "remote.ssh.url=ssh://git@example.com/x.git")
                .contains("user.email=me@example.com")
                .doesNotContain("token", "secret", "credential", "include", "evil", "pw@");
    }

    /** A guest that is nobody's yet learns no identity; the next delivery brings it. */
    @Test
    void theIdentityComesLater() {
        repo.write("f", "1").commit("1");
        repo.git("config", "user.name", "Canary Ham");
        repo.git("config", "user.email", "canary@example.com");
        var first = delivered.pack(Wish.of(repo.top())).withoutIdentity();
        first.deliver(Delivered.VM, delivered.agent, false);
        assertThat(delivered.guest().git("config", "--local", "--list"))
                .contains("core.filemode")
                .doesNotContainIgnoringCase("canary")
                .doesNotContain("user.");
        assertThat(delivered.deliver(Wish.of(repo.top())).sent()).isZero();
        assertThat(delivered.guest().git("config", "user.email")).isEqualTo("canary@example.com\n");
        delivered.assertSame(repo);
    }

    @Test
    void anIndexOfEveryKind() {
        for (int i = 0; i < 50; i++) repo.write("d" + i % 5 + "/f" + i, "" + i);
        repo.commit("1");
        for (var kind : new String[][] {
            {"update-index", "--index-version", "4"},
            {"update-index", "--split-index"},
            {"update-index", "--untracked-cache"},
            {"update-index", "--skip-worktree", "d1/f1"},
            {"update-index", "--assume-unchanged", "d2/f2"}
        }) {
            repo.git(kind);
            delivered.deliver(Wish.of(repo.top()));
            assertThat(delivered.guest().git("status", "--porcelain")).isEmpty();
            assertThat(delivered.guest().git("ls-files", "-s")).isEqualTo(repo.git("ls-files", "-s"));
        }
    }

    @Test
    void whatIsNoWorkTreeIsRefused() throws IOException {
        var bare = Repo.init(home.resolve("bare"), "--bare");
        var plain = Files.createDirectories(home.resolve("plain"));
        for (var place : new ArrayList<>(List.of(bare.top(), plain, home.resolve("missing"))))
            assertThatThrownBy(() -> delivered.look(Wish.of(place)))
                    .isInstanceOfSatisfying(
                            BangerException.class,
                            e -> assertThat(e.code()).isEqualTo(ErrorCode.REPOSITORY_UNSUITABLE));
        for (var branch : List.of("-x", "a..b", "a b", ".lock", ""))
            assertThatThrownBy(() -> delivered.look(
                            new Wish(repo.top(), Optional.of(branch), Optional.empty(), false, false, false, 1)))
                    .isInstanceOfSatisfying(
                            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.USAGE));
        assertThat(delivered.layout.workspaces()).doesNotExist();
        assertThat(GuestPath.DEFAULT.value()).isEqualTo("/root/repo");
    }
}
