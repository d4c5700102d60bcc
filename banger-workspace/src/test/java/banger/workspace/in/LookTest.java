package banger.workspace.in;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.workspace.RepoPath;
import banger.workspace.testing.Repo;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What can be had of a work tree while it is looked at. */
class LookTest {
    private static final Map<String, String> ENVIRONMENT =
            Map.of("PATH", "/usr/bin:/bin", "HOME", "/nonexistent", "GIT_CONFIG_NOSYSTEM", "1");

    @TempDir
    Path home;

    private static Wish from(Repo repo, String ref) {
        return new Wish(repo.top(), Optional.empty(), Optional.of(ref), false, false, false, Wish.DEPTH);
    }

    private static String text(TopFiles files, String name) {
        return new String(files.read(RepoPath.of(name), 100).orElseThrow(), StandardCharsets.UTF_8);
    }

    @Test
    void theTopIsKnownAtOnceAndTheFilesWhenTheLookIsOver() {
        var repo = Repo.init(home.resolve("src"))
                .write("a", "1")
                .write("d/b", "2")
                .commit("1")
                .write("new", "3");
        try (var look = Look.begin(ENVIRONMENT, Wish.of(repo.top().resolve("d")));
                var files = look.topFiles()) {
            assertThat(look.repository().top()).isEqualTo(repo.top());
            assertThat(text(files, "new")).isEqualTo("3");
            assertThat(look.takes(RepoPath.of("a"))).isTrue();
            assertThat(look.takes(RepoPath.of("new"))).isFalse();
            assertThat(look.takes(RepoPath.of("nowhere"))).isFalse();
            assertThat(look.source().count()).isEqualTo(2);
        }
    }

    @Test
    void ofACommitTheFilesAreItsOwn() {
        var repo = Repo.init(home.resolve("src"))
                .write("a", "1")
                .commit("1")
                .write("a", "2")
                .write("b", "3")
                .commit("2");
        try (var look = Look.begin(ENVIRONMENT, from(repo, "HEAD^"));
                var files = look.topFiles()) {
            assertThat(text(files, "a")).isEqualTo("1");
            assertThat(look.takes(RepoPath.of("b"))).isFalse();
        }
    }

    @Test
    void aBranchThatGitDoesNotTakeIsToldAtOnce() {
        var repo = Repo.init(home.resolve("src")).write("a", "1").commit("1");
        for (var name : new String[] {"my branch", "-d", "a..b", ""}) {
            var wish = new Wish(repo.top(), Optional.of(name), Optional.empty(), false, false, false, Wish.DEPTH);
            assertThatThrownBy(() -> Look.begin(ENVIRONMENT, wish))
                    .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.type(BangerException.class))
                    .returns(ErrorCode.USAGE, BangerException::code);
        }
    }

    @Test
    void whatIsNoRepositoryIsToldAtOnceAndWhatIsWrongWithOneWhenItIsAskedFor() throws Exception {
        var plain = Files.createDirectory(home.resolve("plain"));
        assertThatThrownBy(() -> Look.begin(ENVIRONMENT, Wish.of(plain)))
                .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.type(BangerException.class))
                .returns(ErrorCode.REPOSITORY_UNSUITABLE, BangerException::code);
        var repo = Repo.init(home.resolve("src")).write("a", "1").commit("1");
        Files.writeString(repo.top().resolve(".git/index"), "no index");
        try (var look = Look.begin(ENVIRONMENT, Wish.of(repo.top()))) {
            assertThatThrownBy(look::source).isInstanceOf(BangerException.class);
        }
    }

    @Test
    void oneThatIsBrokenOffLeavesNothing() throws Exception {
        var repo = Repo.init(home.resolve("src")).write("a", "1").commit("1");
        var before = Delivered.snapshot(repo.top());
        Look.begin(ENVIRONMENT, Wish.of(repo.top())).close();
        assertThat(Delivered.snapshot(repo.top())).isEqualTo(before);
        assertThat(Thread.getAllStackTraces().keySet())
                .noneMatch(t -> t.getName().equals("look"));
    }
}
