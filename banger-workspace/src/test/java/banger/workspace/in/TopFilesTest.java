package banger.workspace.in;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.BangerException;
import banger.workspace.RepoPath;
import banger.workspace.testing.Repo;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TopFilesTest {
    private static final RepoPath LOCK = RepoPath.of("deep/lock");

    @TempDir
    Path home;

    private Repo repo;

    @BeforeEach
    void begin() {
        repo = Repo.init(home.resolve("src")).write("deep/lock", "one\n").commit("first");
    }

    private TopFiles files() {
        return TopFiles.of(new Delivered(home).look(Wish.of(repo.top())));
    }

    private Optional<String> read(String name, int most) {
        try (var files = files()) {
            return files.read(RepoPath.of(name), most).map(b -> new String(b, StandardCharsets.UTF_8));
        }
    }

    @Test
    void asItLiesThereTrackedOrNot() {
        repo.write("deep/lock", "edited\n").write("new", "new\n").write(".gitignore", "ignored\n");
        repo.write("ignored", "");
        assertThat(read("deep/lock", 100)).contains("edited\n");
        assertThat(read("new", 4)).contains("new\n");
        assertThat(read("ignored", 4)).contains("");
        assertThat(read("nothing", 4)).isEmpty();
        assertThat(read("deep/lock/below", 4)).isEmpty();
    }

    @Test
    void whatIsNoFileIsRefusedAndNeverFollowed() throws IOException {
        Files.writeString(home.resolve("secret"), "secret");
        Files.createSymbolicLink(repo.top().resolve("link"), home.resolve("secret"));
        Files.createSymbolicLink(repo.top().resolve("out"), home);
        assertThatThrownBy(() -> read("link", 100))
                .isInstanceOf(BangerException.class)
                .hasMessageContaining("src/link: not a regular file");
        assertThatThrownBy(() -> read("deep", 100)).hasMessageContaining("src/deep: not a regular file");
        assertThat(read("out/secret", 100)).isEmpty();
        assertThatThrownBy(() -> read("deep/lock", 3)).hasMessageContaining("src/deep/lock: over 3 bytes");
    }

    @Test
    void ofAnotherCommitAsThatHasIt() {
        repo.write("deep/lock", "two\n").write("late", "").commit("second");
        repo.write("deep/lock", "on disk\n");
        var wish = new Wish(repo.top(), Optional.of("b"), Optional.of("HEAD~1"), false, false, false, 1);
        try (var files = TopFiles.of(new Delivered(home).look(wish))) {
            assertThat(files.read(LOCK, 100)).contains("one\n".getBytes(StandardCharsets.UTF_8));
            assertThat(files.has(RepoPath.of("late"))).isFalse();
        }
    }

    @Test
    void aDigestHasNamesAndContentsInTheOrderGiven() throws Exception {
        repo.write("a", "content");
        assertThat(digest("a", "deep/lock")).isEqualTo(expected("a", "content", "deep/lock", "one\n"));
        assertThat(digest("deep/lock", "a")).isEqualTo(expected("deep/lock", "one\n", "a", "content"));
        assertThat(digest()).isEqualTo(expected());
        repo.write("a", "contents");
        assertThat(digest("a", "deep/lock")).isNotEqualTo(expected("a", "content", "deep/lock", "one\n"));
        assertThatThrownBy(() -> digest("missing")).hasMessageContaining("src/missing: not there");
    }

    private byte[] digest(String... names) throws Exception {
        var digest = MessageDigest.getInstance("SHA-256");
        try (var files = files()) {
            files.digest(List.of(names).stream().map(RepoPath::of).toList(), digest);
        }
        return digest.digest();
    }

    private static byte[] expected(String... texts) throws Exception {
        var bytes = new ByteArrayOutputStream();
        var out = new DataOutputStream(bytes);
        for (var text : texts) {
            out.writeLong(text.length());
            out.writeBytes(text);
        }
        return MessageDigest.getInstance("SHA-256").digest(bytes.toByteArray());
    }
}
