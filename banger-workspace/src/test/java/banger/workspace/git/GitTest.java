package banger.workspace.git;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.process.ProgramRun.Feed;
import banger.workspace.ObjectFormat;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GitTest {
    private static final Map<String, String> CLEAN = Map.of("PATH", "/usr/bin:/bin", "GIT_CONFIG_GLOBAL", "/dev/null");

    @TempDir
    Path dir;

    private HostRepository repository() {
        Git.user(CLEAN, dir).need("init", "-q", "-b", "main", "repo");
        return HostRepository.discover(CLEAN, dir.resolve("repo"));
    }

    @Test
    void bytesGoInAndOutAsTheyAre() {
        var git = repository().git();
        var content = new byte[] {0, 1, (byte) 0xff, '\r', '\n', 0};
        var id = git.need(content, "hash-object", "-w", "--stdin", "--no-filters")
                .text();
        assertThat(git.need("cat-file", "blob", id).stdout()).isEqualTo(content);
    }

    @Test
    void aFailureIsToldInGitsWords() {
        assertThatThrownBy(() -> repository().git().need("cat-file", "blob", "nothing"))
                .isInstanceOf(BangerException.class)
                .hasMessage("git cat-file: Not a valid object name nothing");
    }

    /** A terminal's Ctrl-C ends git too, which is no failure of git's. */
    @Test
    void oneThatWasInterruptedIsCancelled() {
        assertThatThrownBy(() -> repository().git().run("-c", "alias.end=!kill -INT $$", "end"))
                .isInstanceOfSatisfying(
                        BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CANCELLED));
    }

    @Test
    void aHooksEnvironmentIsNotHandedOn() throws IOException {
        repository();
        var inherited = new HashMap<>(CLEAN);
        inherited.put("GIT_DIR", "/nowhere");
        inherited.put("GIT_INDEX_FILE", "/nowhere/index.lock");
        inherited.put("GIT_CONFIG_COUNT", "1");
        inherited.put("GIT_CONFIG_KEY_0", "core.bare");
        inherited.put("GIT_CONFIG_VALUE_0", "true");
        var host = HostRepository.discover(inherited, dir.resolve("repo"));
        assertThat(host.top()).isEqualTo(dir.toRealPath().resolve("repo"));
        assertThat(host.format()).isEqualTo(ObjectFormat.SHA1);
    }

    @Test
    void aFileWatcherAndHooksDoNotRun() throws IOException {
        var git = repository().git();
        var ran = dir.resolve("ran");
        var program = dir.resolve("program");
        Files.writeString(program, "#!/bin/sh\ntouch " + ran + "\n");
        assertThat(program.toFile().setExecutable(true)).isTrue();
        git.need("config", "core.fsmonitor", program.toString());
        var hook = dir.resolve("repo/.git/hooks/reference-transaction");
        Files.createDirectories(hook.getParent());
        Files.copy(program, hook, java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
        git.need("status");
        var tree = git.need("mktree").text();
        var commit = git.with("GIT_AUTHOR_NAME", "a")
                .with("GIT_AUTHOR_EMAIL", "a")
                .with("GIT_COMMITTER_NAME", "a")
                .with("GIT_COMMITTER_EMAIL", "a")
                .need("commit-tree", "-m", "x", tree)
                .text();
        git.need("update-ref", "refs/heads/x", commit);
        assertThat(ran).doesNotExist();
    }

    @Test
    void noRepositoryAndABareOneAreRefused() {
        assertThatThrownBy(() -> HostRepository.discover(CLEAN, dir))
                .isInstanceOfSatisfying(
                        BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.REPOSITORY_UNSUITABLE))
                .hasMessageContaining("not in a git repository");
        Git.user(CLEAN, dir).need("init", "-q", "--bare", "bare.git");
        assertThatThrownBy(() -> HostRepository.discover(CLEAN, dir.resolve("bare.git")))
                .hasMessageContaining("without a work tree");
        assertThatThrownBy(() -> HostRepository.discover(CLEAN, dir.resolve("missing")))
                .hasMessageContaining("no such directory");
    }

    @Test
    void whatTakesTooLongIsEnded() {
        var git = repository().git().within(Duration.ofMillis(300));
        var never = new CountDownLatch(1);
        assertThatThrownBy(() -> git.run(
                        out -> {
                            try {
                                never.await();
                            } catch (InterruptedException e) {
                                throw new IOException("interrupted", e);
                            }
                        },
                        "hash-object",
                        "--stdin"))
                .hasMessageContaining("did not end within");
    }

    @Test
    void anInputThatBreaksOffIsNoInput() {
        var git = repository().git();
        assertThatThrownBy(() -> git.run(
                        out -> {
                            out.write(1);
                            throw new IOException("the guest has gone");
                        },
                        "hash-object",
                        "-w",
                        "--stdin"))
                .isInstanceOf(BangerException.class)
                .hasMessageContaining("the guest has gone");
    }

    @Test
    void whatItIsFedAfterItsEndHidesNothingOfWhatItSaid() {
        Feed endless = out -> {
            while (true) {
                out.write('x');
                out.flush();
            }
        };
        var ended = repository().git().run(endless, "-c", "alias.end=!echo error: told >&2; exit 3", "end");
        assertThat(ended.status()).isEqualTo(3);
        assertThat(ended.reason()).isEqualTo("told");
    }

    @Test
    void recordsComeOneByOneAndAreBounded() {
        var git = repository().git();
        var blob = git.need("a".getBytes(StandardCharsets.UTF_8), "hash-object", "-w", "--stdin")
                .text();
        var list = new StringBuilder();
        for (int i = 0; i < 1000; i++)
            list.append("100644 ").append(blob).append("\tfile\n").append(i).append('\0');
        git.need(list.toString().getBytes(StandardCharsets.UTF_8), "update-index", "-z", "--index-info");
        var names = new ArrayList<String>();
        git.records(Feed.NOTHING, 100, r -> names.add(new String(r, StandardCharsets.UTF_8)), "ls-files", "-z");
        assertThat(names).hasSize(1000).contains("file\n7");
        assertThatThrownBy(() -> git.records(Feed.NOTHING, 3, r -> {}, "ls-files", "-z"))
                .hasMessageContaining("more than 3 bytes");
    }

    /** Whatever of it comes at once. */
    @Test
    void recordsOfAnyLengthAreHandedOnWhole() {
        var git = repository().git();
        var told = new StringBuilder();
        var longest = 0;
        for (int i = 0; i < 40; i++) {
            longest = i * 500;
            told.append("x".repeat(longest)).append('\0');
        }
        var id = git.need(told.toString().getBytes(StandardCharsets.US_ASCII), "hash-object", "-w", "--stdin")
                .text();
        var seen = new StringBuilder();
        git.records(
                Feed.NOTHING,
                longest,
                r -> seen.append(new String(r, StandardCharsets.US_ASCII)).append('\0'),
                "cat-file",
                "blob",
                id);
        assertThat(seen).hasToString(told.toString());
        int less = longest - 1;
        assertThatThrownBy(() -> git.records(Feed.NOTHING, less, r -> {}, "cat-file", "blob", id))
                .hasMessageContaining("a record of more than " + less + " bytes");
        var cut = git.need("a\0b".getBytes(StandardCharsets.US_ASCII), "hash-object", "-w", "--stdin")
                .text();
        assertThatThrownBy(() -> git.records(Feed.NOTHING, 3, r -> {}, "cat-file", "blob", cut))
                .hasMessageContaining("its last record is cut off");
    }

    @Test
    void aShadowReadsTheHostsObjectsAndOutlivesThem() throws IOException {
        var host = repository();
        var blob =
                host.git().need(new byte[] {1}, "hash-object", "-w", "--stdin").text();
        var shadow = Shadow.create(CLEAN, dir.resolve("state/shadow.git"), host);
        assertThat(shadow.git().need("cat-file", "-t", blob).text()).isEqualTo("blob");
        var own = shadow.git()
                .need(new byte[] {2}, "hash-object", "-w", "--stdin")
                .text();
        assertThat(host.git().run("cat-file", "-e", own).ok()).isFalse();
        Files.move(dir.resolve("repo"), dir.resolve("elsewhere"));
        assertThat(shadow.git().need("cat-file", "-t", own).text()).isEqualTo("blob");
        assertThat(Shadow.open(CLEAN, shadow.gitDir(), ObjectFormat.SHA1)).contains(shadow);
        assertThat(Shadow.open(CLEAN, dir.resolve("nothing"), ObjectFormat.SHA1))
                .isEmpty();
    }

    @Test
    void whatWasCutShortLongAgoIsSweptAndNothingElse() throws IOException {
        var host = repository();
        var place = dir.resolve("shadow.git");
        Shadow.create(CLEAN, place, host);
        var old = FileTime.from(Instant.now().minus(Duration.ofDays(2)));
        var pack = Files.createDirectories(place.resolve("objects/pack"));
        for (var name : new String[] {"incoming-1/pack/tmp_pack_1", "index-2", "objects/pack/tmp_pack_3"}) {
            Files.createDirectories(place.resolve(name).getParent());
            Files.writeString(place.resolve(name), "");
        }
        Files.writeString(pack.resolve("pack-1.pack"), "");
        for (var name : new String[] {"incoming-1", "index-2", "objects/pack/tmp_pack_3", "objects/pack/pack-1.pack"})
            Files.setLastModifiedTime(place.resolve(name), old);
        Files.createDirectory(place.resolve("ignores-of-now"));
        Shadow.open(CLEAN, place, host.format()).orElseThrow();
        assertThat(place)
                .isDirectoryNotContaining("glob:**/{incoming,index}-*")
                .isDirectoryContaining("glob:**/ignores-of-now");
        assertThat(pack).isDirectoryNotContaining("glob:**/tmp_*").isDirectoryContaining("glob:**/pack-1.pack");
    }

    @Test
    void aShadowTakesTheHostsFormat() {
        Git.user(CLEAN, dir).need("init", "-q", "--object-format=sha256", "repo");
        var host = HostRepository.discover(CLEAN, dir.resolve("repo"));
        var shadow = Shadow.create(CLEAN, dir.resolve("shadow.git"), host);
        assertThat(shadow.git()
                        .need(new byte[] {2}, "hash-object", "-w", "--stdin")
                        .text())
                .hasSize(64);
    }
}
