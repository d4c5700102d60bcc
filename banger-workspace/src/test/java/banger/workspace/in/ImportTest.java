package banger.workspace.in;

import static org.assertj.core.api.Assertions.assertThat;

import banger.api.Layout;
import banger.workspace.GuestPath;
import banger.workspace.testing.AgentOnHost;
import banger.workspace.testing.Repo;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Repositories brought in by the real agent's code, then looked at by git. */
class ImportTest {
    private static final Map<String, String> ENVIRONMENT =
            Map.of("PATH", "/usr/bin:/bin", "HOME", "/nonexistent", "GIT_CONFIG_NOSYSTEM", "1");

    @TempDir
    Path home;

    private AgentOnHost agent;
    private Layout layout;

    @BeforeEach
    void begin() {
        agent = new AgentOnHost(home);
        layout = Layout.of(Map.of("BANGER_HOME", home.resolve("banger").toString()), home);
    }

    private Import.Outcome deliver(Wish wish) {
        return deliver(wish, false);
    }

    private Import.Outcome deliver(Wish wish, boolean force) {
        var source = new Inspection(ENVIRONMENT).of(wish);
        return Import.pack(layout, ENVIRONMENT, "0123456789ab", source, GuestPath.DEFAULT)
                .deliver("0123456789ab", agent, force);
    }

    private Repo guest() {
        return Repo.at(agent.at(GuestPath.DEFAULT));
    }

    @Test
    void aRepositoryArrivesWithItsHeadHistoryAndState() throws Exception {
        var repo = Repo.init(home.resolve("src"))
                .write("a", "one\n")
                .write("dir/b", "two\n")
                .commit("first");
        for (int i = 0; i < 12; i++) repo.write("a", "n" + i + "\n").commit("n" + i);
        repo.write("a", "dirty\n").write("staged", "s\n").write("untracked", "u\n");
        repo.git("add", "staged");
        Files.delete(repo.top().resolve("dir/b"));
        var before = repo.git("status", "--porcelain");

        var outcome = deliver(Wish.of(repo.top()));

        var guest = guest();
        assertThat(guest.git("rev-parse", "HEAD")).isEqualTo(repo.git("rev-parse", "HEAD"));
        assertThat(guest.git("symbolic-ref", "HEAD")).isEqualTo("refs/heads/main\n");
        assertThat(guest.git("status", "--porcelain")).isEqualTo(before.replace("?? untracked\n", ""));
        assertThat(guest.git("rev-list", "--count", "HEAD")).isEqualTo("10\n");
        assertThat(guest.git("fsck", "--full")).doesNotContain("missing").doesNotContain("error");
        guest.git("commit", "-qm", "in the guest");
        assertThat(outcome.sent()).isEqualTo(2);
        assertThat(outcome.unsteady()).isEmpty();
        var again = deliver(Wish.of(repo.top()));
        assertThat(again.sent()).isZero();
        assertThat(again.moved()).containsExactly(GuestPath.DEFAULT);
    }
}
