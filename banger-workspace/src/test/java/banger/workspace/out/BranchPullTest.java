package banger.workspace.out;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.workspace.git.HostRepository;
import banger.workspace.git.ObjectId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("slow")
class BranchPullTest {
    @TempDir
    Path dir;

    private RoundTrip trip() throws IOException {
        var trip = new RoundTrip(dir);
        trip.write("a", "one\n");
        trip.write("b", "one\n");
        trip.commit("first");
        trip.write("a", "two\n");
        trip.commit("second");
        return trip;
    }

    private static BranchPull.Line pull(RoundTrip trip, String name) {
        var collected = trip.collect();
        new GuestCommits(trip.guest, collected).fetch();
        var pull = new BranchPull(trip.guest, trip.repository(), collected);
        pull.checkName(name);
        var line = pull.compose(false, Map.of());
        if (!line.nothing()) into(pull, Map.of(name, line.tip()));
        return line;
    }

    private static void into(BranchPull pull, Map<String, ObjectId> branches) {
        branches.keySet().forEach(pull::checkName);
        pull.bring(branches.values());
        pull.name(branches);
    }

    @Test
    void severalAtOnceDoNotGetInEachOthersWay() throws Exception {
        var trip = trip();
        trip.deliver();
        trip.guest.write("a", "three\n");
        trip.guest.run("git", "commit", "-qam", "third");
        trip.guest.write("new", "x\n");
        var looks = new ArrayList<Collected>();
        for (int i = 0; i < 4; i++) looks.add(trip.collect());
        var together = new CyclicBarrier(looks.size());
        try (var threads = Executors.newFixedThreadPool(looks.size())) {
            var pulls = new ArrayList<Future<String>>();
            for (int i = 0; i < looks.size(); i++) {
                var look = looks.get(i);
                var name = "work-" + i;
                pulls.add(threads.submit(() -> {
                    together.await();
                    // The agent takes one conversation at a time; a pack comes from the guest's git.
                    new GuestCommits(trip.guest, look)
                            .receive(look.head().stream().toList());
                    var pull = new BranchPull(trip.guest, trip.repository(), look);
                    together.await();
                    into(pull, Map.of(name, pull.compose(false, Map.of()).tip()));
                    return name;
                }));
            }
            for (var pull : pulls)
                assertThat(log(trip, pull.get())).startsWith("Host uncommitted in VM box\nGuest third");
        }
        trip.host("git", "fsck", "--strict");
    }

    @Test
    void withoutGitInTheImageLooseObjectsAndPacksAreTaken() throws IOException {
        var trip = trip();
        trip.deliver();
        trip.guest.hasNoGit();
        trip.guest.write("a", "three\n");
        trip.guest.run("git", "commit", "-qam", "packed");
        trip.guest.run("git", "repack", "-q", "-d");
        trip.guest.write("b", "loose\n");
        trip.guest.run("git", "commit", "-qam", "loose");
        trip.guest.write("new", "x\n");
        pull(trip, "work");
        assertThat(log(trip, "work")).isEqualTo("Host uncommitted in VM box\nGuest loose\nGuest packed");
        trip.host("git", "fsck", "--strict");
        try (var left = Files.list(trip.delivered().shadow().gitDir())) {
            assertThat(left).noneMatch(f -> f.getFileName().toString().startsWith("incoming-"));
        }
    }

    @Test
    void looseObjectsThatAreBrokenAreRefused() throws IOException {
        var trip = trip();
        trip.deliver();
        trip.guest.hasNoGit();
        trip.guest.write("a", "three\n");
        trip.guest.run("git", "commit", "-qam", "third");
        var id = trip.guest.run("git", "rev-parse", "HEAD").strip();
        trip.guest.run("git", "commit", "-q", "--allow-empty", "-m", "fourth");
        var file = trip.guest.repo().resolve(".git/objects/" + id.substring(0, 2) + "/" + id.substring(2));
        Files.delete(file);
        assertThatThrownBy(() -> pull(trip, "work")).hasMessageContaining("objects missing or broken");
        Files.write(file, new byte[] {0x78, 0x01, 0, 0});
        assertThatThrownBy(() -> pull(trip, "work")).hasMessageContaining("objects missing or broken");
        assertThat(trip.host("git", "branch", "--list", "work")).isEmpty();
    }

    private static String log(RoundTrip trip, String branch) throws IOException {
        return trip.host("git", "log", "--format=%an %s", "main.." + branch).strip();
    }

    @Test
    void commitsComeWithTheirIdsAndTheRestInOneOnTop() throws IOException {
        var trip = trip();
        trip.deliver();
        trip.guest.write("a", "three\n");
        trip.guest.run("git", "commit", "-qam", "third");
        trip.guest.write("new", "x\n");
        var head = trip.guest.run("git", "rev-parse", "HEAD").strip();
        var line = pull(trip, "work");
        assertThat(line.commits()).isEqualTo(1);
        assertThat(line.uncommitted()).isTrue();
        assertThat(log(trip, "work")).isEqualTo("Host uncommitted in VM box\nGuest third");
        assertThat(trip.host("git", "rev-parse", "work~1").strip()).isEqualTo(head);
        assertThat(trip.host("git", "diff", "--stat", "work~1", "work"))
                .contains("new")
                .doesNotContain(" a ");
        assertThat(trip.host("git", "status", "--porcelain")).isEmpty();
        trip.host("git", "fsck", "--strict");
    }

    @Test
    void aShallowGuestsCommitsComeIntoTheWholeHistory() throws IOException {
        var trip = trip();
        trip.deliver("--depth=1");
        assertThat(trip.delivered().record().shallow()).hasSize(1);
        trip.guest.write("a", "three\n");
        trip.guest.run("git", "commit", "-qam", "third");
        pull(trip, "work");
        assertThat(trip.host("git", "log", "--format=%s", "work")).isEqualTo("third\nsecond\nfirst\n");
        assertThat(trip.repo.resolve(".git/shallow")).doesNotExist();
    }

    @Test
    void theHostsOwnEditsAreACommitOfTheirOwn() throws IOException {
        var trip = trip();
        trip.write("b", "edited on the host\n");
        trip.deliver();
        trip.guest.write("a", "guest\n");
        var line = pull(trip, "work");
        assertThat(line.hostEdits()).isTrue();
        assertThat(log(trip, "work"))
                .isEqualTo("Host uncommitted in VM box\nHost edits on the host when VM box got them");
        assertThat(trip.host("git", "show", "--format=", "--name-only", "work")).isEqualTo("a\n");
        assertThat(trip.host("git", "show", "--format=", "--name-only", "work~1"))
                .isEqualTo("b\n");
        assertThat(trip.repo.resolve("b")).hasContent("edited on the host");
    }

    /** Its files are its work all the same, and come on top of what it was given. */
    @ParameterizedTest
    @ValueSource(
            strings = {"rm -r .git", "rm -r .git && rm a b", "git checkout -q --orphan new", "echo nothing > .git/HEAD"
            })
    void aGuestWithoutAHead(String broken) throws IOException {
        var trip = trip();
        trip.deliver();
        trip.guest.write("new", "guest\n");
        trip.guest.run("sh", "-c", broken);
        assertThat(pull(trip, "work").uncommitted()).isTrue();
        assertThat(trip.host("git", "log", "--format=%s", "main..work")).isEqualTo("uncommitted in VM box\n");
        var left = broken.contains("rm a b") ? "new\n" : "a\nb\nnew\n";
        assertThat(trip.host("git", "ls-tree", "--name-only", "work")).isEqualTo(left);
    }

    @Test
    void nothingIsNothing() throws IOException {
        var trip = trip();
        trip.write("b", "edited on the host\n");
        trip.deliver();
        assertThat(pull(trip, "work").nothing()).isTrue();
        assertThat(trip.host("git", "branch", "--list", "work")).isEmpty();
    }

    @Test
    void aNameThatIsTakenIsRefusedAndNothingChanges() throws IOException {
        var trip = trip();
        trip.deliver();
        trip.guest.write("a", "guest\n");
        assertThatThrownBy(() -> pull(trip, "main"))
                .isInstanceOfSatisfying(
                        BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.WORKSPACE_CONFLICT));
        assertThatThrownBy(() -> pull(trip, "a..b")).hasMessageContaining("not a branch's name");
        assertThatThrownBy(() -> pull(trip, "-f")).hasMessageContaining("not a branch's name");
        assertThatThrownBy(() -> pull(trip, "main/below")).hasMessageContaining("does not take the commits");
    }

    @Test
    void lineEndsBecomeGitsAndAFilterIsNeverRun() throws IOException {
        var trip = new RoundTrip(dir);
        trip.write(".gitattributes", "*.txt text eol=crlf\n*.lfs filter=lfs\n");
        trip.write("a.txt", "one\r\n");
        trip.write("b.lfs", "pointer\n");
        trip.commit("first");
        trip.deliver();
        trip.guest.write("a.txt", "one\r\ntwo\r\n");
        pull(trip, "work");
        assertThat(trip.host("git", "show", "--format=", "--stat", "work")).contains("1 file changed, 1 insertion");
        assertThat(trip.host("git", "cat-file", "-p", "work:a.txt")).isEqualTo("one\ntwo\n");
        trip.guest.write("b.lfs", "content\n");
        assertThatThrownBy(() -> pull(trip, "again")).isInstanceOfSatisfying(BangerException.class, e -> {
            assertThat(e.code()).isEqualTo(ErrorCode.WORKSPACE_REFUSED);
            assertThat(e.remedies()).contains("b.lfs");
        });
    }

    @Test
    void anEmptyRepositoryGetsItsFirstCommit() throws IOException {
        var trip = new RoundTrip(dir);
        trip.deliver();
        trip.guest.write("a", "first ever\n");
        pull(trip, "work");
        assertThat(trip.host("git", "log", "--format=%s", "work")).isEqualTo("uncommitted in VM box\n");
    }

    @Test
    void otherBranchesAreNamed() throws IOException {
        var trip = trip();
        trip.deliver();
        trip.guest.run("git", "checkout", "-q", "-b", "side");
        trip.guest.write("a", "side\n");
        trip.guest.run("git", "commit", "-qam", "on the side");
        trip.guest.run("git", "checkout", "-q", "main");
        var collected = trip.collect();
        new GuestCommits(trip.guest, collected).fetch();
        var pull = new BranchPull(trip.guest, trip.repository(), collected);
        assertThat(pull.others()).extracting(GuestRef::branch).containsExactly("side");
        into(pull, pull.all("vm", pull.compose(false, Map.of())));
        assertThat(trip.host("git", "log", "--format=%s", "main..vm/side")).isEqualTo("on the side\n");
        assertThat(trip.host("git", "rev-parse", "vm/main")).isEqualTo(trip.host("git", "rev-parse", "main"));
    }

    /** A Ctrl-C reaches git too, which may have made one of the names by then. */
    @Test
    void oneThatIsInterruptedBetweenTwoNamesLeavesNone() throws IOException {
        var trip = trip();
        trip.deliver();
        trip.guest.run("git", "branch", "side");
        trip.guest.write("a", "guest\n");
        var programs = Files.createDirectories(dir.resolve("programs"));
        var git = Files.writeString(programs.resolve("git"), """
                #!/bin/sh
                case "$*" in *update-ref*) ;; *) exec /usr/bin/git "$@" ;; esac
                read -r verb rest
                echo "$verb $rest" | /usr/bin/git "$@" || exit
                [ "$verb" = delete ] || kill -INT $$
                """);
        assertThat(git.toFile().setExecutable(true)).isTrue();
        var environment = new HashMap<>(RoundTrip.CLEAN);
        environment.put("PATH", programs + ":/usr/bin:/bin");
        var host = HostRepository.discover(environment, trip.repo);
        var collected = trip.collect();
        new GuestCommits(trip.guest, collected).fetch();
        var pull = new BranchPull(trip.guest, host, collected);
        var names = pull.all("vm", pull.compose(false, Map.of()));
        names.put("vm/second", Optional.ofNullable(names.get("vm/main")).orElseThrow());
        pull.bring(names.values());
        assertThatThrownBy(() -> pull.name(names)).hasMessageContaining("cancelled");
        assertThat(trip.host("git", "branch", "--list", "vm/*")).isEmpty();
    }

    @Test
    void aRepositoryThatCannotBeWrittenIsAsItWas() throws IOException {
        var trip = trip();
        trip.deliver();
        trip.guest.write("a", "guest\n");
        Files.writeString(trip.repo.resolve(".git/refs/heads/work.lock"), "");
        assertThatThrownBy(() -> pull(trip, "work")).hasMessageContaining("does not take the commits");
        assertThat(trip.host("git", "branch", "--list", "work")).isEmpty();
    }
}
