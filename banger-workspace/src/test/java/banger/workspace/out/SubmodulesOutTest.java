package banger.workspace.out;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Layout;
import banger.workspace.GuestPath;
import banger.workspace.RepoPath;
import banger.workspace.WorkspaceDirectory;
import banger.workspace.git.HostRepository;
import banger.workspace.in.Import;
import banger.workspace.in.Inspection;
import banger.workspace.in.Wish;
import banger.workspace.testing.Repo;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A repository with a submodule that has one itself, delivered as a prepare does it, and worked on in the guest. */
@Tag("slow")
class SubmodulesOutTest {
    private static final String VM = "0123456789ab";

    @TempDir
    Path dir;

    private HostAgent guest;
    private Layout layout;
    private Repo outer;
    private Repo lib;
    private Repo inner;

    @BeforeEach
    void deliver() throws IOException {
        guest = new HostAgent(dir);
        layout = Layout.of(Map.of("BANGER_HOME", dir.resolve("banger").toString()), dir);
        var innermost = Repo.init(dir.resolve("origin/inner")).write("i", "i\n").commit("i");
        var library = Repo.init(dir.resolve("origin/lib")).write("l", "l\n").commit("l");
        add(library, innermost, "in ner");
        outer = Repo.init(dir.resolve("host")).write("o", "o\n").commit("o");
        add(outer, library, "lib");
        outer.git("-c", "protocol.file.allow=always", "submodule", "update", "-q", "--init", "--recursive");
        lib = Repo.at(outer.top().resolve("lib"));
        inner = Repo.at(lib.top().resolve("in ner"));
        for (var one : List.of(outer, lib, inner)) {
            one.git("config", "user.name", "Host");
            one.git("config", "user.email", "host@here");
        }
        lib.write("l", "l\nedited on the host\n");
        Import.pack(
                        layout,
                        RoundTrip.CLEAN,
                        VM,
                        new Inspection(RoundTrip.CLEAN).of(Wish.of(outer.top())),
                        HostAgent.PATH)
                .deliver(VM, guest, false);
        // The agent wrote paths of the guest's, whose root is not ours.
        var git = guest.repo().resolve(".git/modules/lib");
        guest.write("lib/.git", "gitdir: " + git + "\n");
        guest.write("lib/in ner/.git", "gitdir: " + git.resolve("modules/in ner") + "\n");
    }

    private static void add(Repo to, Repo submodule, String path) {
        to.git(
                "-c",
                "protocol.file.allow=always",
                "submodule",
                "add",
                "-q",
                submodule.top().toString(),
                path);
        to.commit("with " + path);
    }

    private Work work() {
        var outermost = Unpulled.delivered(RoundTrip.CLEAN, WorkspaceDirectory.of(layout, VM, HostAgent.PATH))
                .orElseThrow();
        return Work.collect(guest, outermost.withSubmodules(layout, RoundTrip.CLEAN));
    }

    private HostRepository host() {
        return HostRepository.discover(RoundTrip.CLEAN, outer.top());
    }

    private List<Branches> branch(String name) {
        return work().branch(host(), new BranchWish(name, false, false, false));
    }

    private void git(String path, String... arguments) throws IOException {
        var all = new java.util.ArrayList<>(
                List.of("git", "-C", guest.repo().resolve(path).toString()));
        all.addAll(List.of(arguments));
        guest.run(all.toArray(String[]::new));
    }

    @Test
    void whatWasNotTouchedIsNoChange() {
        var work = work();
        assertThat(work.any()).isFalse();
        assertThat(work.submodules()).extracting(WorkDiff.Submodule::path).containsExactly("lib", "lib/in ner");
        assertThat(branch("work")).allMatch(b -> b.tips().isEmpty());
        for (var one : List.of(outer, lib, inner))
            assertThat(one.git("branch", "--list", "work")).isEmpty();
    }

    @Test
    void commitsComeBackFromTheInsideOut() throws IOException {
        guest.write("lib/in ner/i", "i\nguest\n");
        git("lib/in ner", "commit", "-qam", "inner by the guest");
        git("lib", "add", "in ner");
        git("lib", "commit", "-qam", "lib by the guest");
        git("", "add", "lib");
        git("", "commit", "-qm", "outer by the guest");
        var made = branch("work");
        assertThat(made).extracting(Branches::commits).containsExactly(1L, 1L, 1L);
        assertThat(inner.git("log", "--format=%s", "HEAD..work")).isEqualTo("inner by the guest\n");
        assertThat(lib.git("log", "--format=%s", "HEAD..work")).isEqualTo("lib by the guest\n");
        assertThat(outer.git("log", "--format=%s", "HEAD..work")).isEqualTo("outer by the guest\n");
        assertThat(lib.git("rev-parse", "work:in ner")).isEqualTo(inner.git("rev-parse", "work"));
        assertThat(outer.git("rev-parse", "work:lib")).isEqualTo(lib.git("rev-parse", "work"));
        // What the user does next.
        lib.git("checkout", "-q", "--", "l");
        outer.git("checkout", "-q", "--recurse-submodules", "work");
        assertThat(inner.top().resolve("i")).hasContent("i\nguest");
        assertThat(work().newTips()).isEmpty();
    }

    @Test
    void whatIsNotCommittedInASubmoduleMovesTheOnesAroundIt() throws IOException {
        guest.write("lib/in ner/new", "new\n");
        var made = branch("work");
        assertThat(made).allMatch(Branches::uncommitted);
        assertThat(inner.git("show", "work:new")).isEqualTo("new\n");
        assertThat(lib.git("rev-parse", "work:in ner")).isEqualTo(inner.git("rev-parse", "work"));
        assertThat(outer.git("rev-parse", "work:lib")).isEqualTo(lib.git("rev-parse", "work"));
        assertThat(lib.git("log", "--format=%s", "HEAD..work"))
                .isEqualTo("uncommitted in VM box\nedits on the host when VM box got them\n");
        assertThat(outer.git("log", "--format=%s", "HEAD..work")).isEqualTo("uncommitted in VM box\n");
        assertThat(outer.git("show", "--format=", "--name-only", "work")).isEqualTo("lib\n");
    }

    @Test
    void aPatchAndAnApplyReachIntoSubmodules() throws IOException {
        guest.write("lib/l", "l\nedited on the host\nguest\n");
        guest.write("lib/in ner/new file", "new\n");
        Files.delete(guest.repo().resolve("o"));
        var work = work();
        assertThat(work.changes())
                .extracting(c -> c.letter() + " " + c.path())
                .containsExactly("A lib/in ner/new file", "M lib/l", "D o");
        var patch = new ByteArrayOutputStream();
        work.patch(patch);
        Files.write(dir.resolve("x.patch"), patch.toByteArray());
        outer.git("apply", "--check", dir.resolve("x.patch").toString());
        assertThat(patch.toString(StandardCharsets.UTF_8)).contains("+guest").doesNotContain("+edited on the host");
        lib.write("l", "all of it new on the host\n");
        var applied = work.apply(host(), false, false);
        assertThat(applied.conflicts()).extracting(RepoPath::toString).containsExactly("lib/l");
        assertThat(inner.top().resolve("new file")).doesNotExist();
        lib.write("l", "l\nedited on the host\n");
        assertThat(work.apply(host(), false, false).changes()).hasSize(3);
        assertThat(lib.top().resolve("l")).hasContent("l\nedited on the host\nguest");
        assertThat(inner.top().resolve("new file")).hasContent("new");
        assertThat(outer.top().resolve("o")).doesNotExist();
    }

    @Test
    void anApplyDoesNotMoveASubmodule() throws IOException {
        guest.write("lib/in ner/i", "i\nguest\n");
        git("lib/in ner", "commit", "-qam", "inner by the guest");
        var before = ApplyPullTest.snapshot(outer.top());
        assertThatThrownBy(() -> work().apply(host(), true, false)).isInstanceOfSatisfying(BangerException.class, e -> {
            assertThat(e.code()).isEqualTo(ErrorCode.WORKSPACE_REFUSED);
            assertThat(e.remedies()).contains("lib/in ner");
        });
        assertThat(ApplyPullTest.snapshot(outer.top())).isEqualTo(before);
    }

    @Test
    void aNameThatIsTakenInOneIsMadeInNone() throws IOException {
        guest.write("lib/in ner/new", "new\n");
        guest.write("o", "guest\n");
        lib.git("branch", "work");
        assertThatThrownBy(() -> branch("work")).hasMessageContaining("exists already in " + lib.top());
        assertThat(inner.git("branch", "--list", "work")).isEmpty();
        assertThat(outer.git("branch", "--list", "work")).isEmpty();
    }

    @Test
    void aRepositoryThatCannotBeNamedInTakesTheOthersBack() throws IOException {
        guest.write("lib/in ner/new", "new\n");
        var gitDir = Path.of(outer.git("rev-parse", "--absolute-git-dir").strip());
        Files.writeString(gitDir.resolve("refs/heads/work.lock"), "");
        var before = ApplyPullTest.snapshot(outer.top());
        assertThatThrownBy(() -> branch("work")).hasMessageContaining("does not take the commits");
        assertThat(inner.git("branch", "--list", "work")).isEmpty();
        assertThat(ApplyPullTest.snapshot(outer.top())).isEqualTo(before);
    }

    @Test
    void aSubmoduleThatTheHostHasNoLongerIsNamed() throws IOException {
        guest.write("lib/in ner/new", "new\n");
        outer.git("submodule", "deinit", "-q", "-f", "lib");
        assertThatThrownBy(() -> branch("work"))
                .hasMessageContaining("host/lib/in ner: the submodule is not checked out");
        assertThat(outer.git("branch", "--list", "work")).isEmpty();
    }

    @Test
    void whatFillsASubmoduleThatWasNotCheckedOutIsNamed() throws IOException {
        outer.git("submodule", "deinit", "-q", "-f", "lib");
        Import.pack(
                        layout,
                        RoundTrip.CLEAN,
                        VM,
                        new Inspection(RoundTrip.CLEAN).of(Wish.of(outer.top())),
                        new GuestPath("/root/second"))
                .deliver(VM, guest, false);
        var second = Unpulled.delivered(
                        RoundTrip.CLEAN, WorkspaceDirectory.of(layout, VM, new GuestPath("/root/second")))
                .orElseThrow();
        assertThat(Unpulled.ask(guest, second).unpulled()).isFalse();
        guest.write("../second/lib/made", "x");
        assertThat(Unpulled.ask(guest, second).lines()).containsExactly("lib/ (a repository of its own)");
    }

    @Test
    void aSubmoduleThatTheGuestRemovedIsGoneFromTheFiles() throws IOException {
        guest.run("rm", "-r", "lib");
        var work = work();
        assertThat(work.changes())
                .extracting(c -> c.letter() + " " + c.path())
                .containsExactly("D lib/.gitmodules", "D lib/in ner/i", "D lib/l");
        assertThat(work.repositories()).isEmpty();
    }
}
