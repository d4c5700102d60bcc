package banger.workspace.in;

import static org.assertj.core.api.Assertions.assertThat;

import banger.workspace.testing.Repo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** HEAD as we read it is HEAD as git reads it, or nothing. */
class HeadFileTest {
    @TempDir
    Path dir;

    private static void same(Repo repo) {
        assertThat(HeadFile.read(repo.top()))
                .contains(repo.git("rev-parse", "HEAD").strip());
    }

    @Test
    void onABranchPackedDetachedLinkedAndInASubdirectoryOfNames() throws IOException {
        var repo = Repo.init(dir.resolve("repo"));
        repo.write("a", "a");
        repo.commit("first");
        same(repo);
        repo.git("checkout", "-q", "-b", "feature/under");
        repo.git("pack-refs", "--all");
        same(repo);
        repo.write("a", "b");
        repo.commit("second");
        same(repo);
        repo.git("worktree", "add", "-q", "-b", "other", dir.resolve("linked").toString(), "HEAD~1");
        same(Repo.at(dir.resolve("linked")));
        repo.git("pack-refs", "--all");
        same(Repo.at(dir.resolve("linked")));
        repo.git("checkout", "-q", "--detach");
        same(repo);
    }

    @Test
    void whatItDoesNotUnderstandIsLeftToGit() throws IOException {
        var repo = Repo.init(dir.resolve("repo"));
        assertThat(HeadFile.read(repo.top())).isEqualTo(Optional.empty());
        assertThat(HeadFile.read(dir.resolve("missing"))).isEmpty();
        Files.writeString(repo.top().resolve(".git/HEAD"), "ref: refs/heads/../../config\n");
        assertThat(HeadFile.read(repo.top())).isEmpty();
        Files.writeString(repo.top().resolve(".git/HEAD"), "ref: refs/heads/.invalid\n");
        assertThat(HeadFile.read(repo.top())).isEmpty();
    }
}
