package banger.workspace.in;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.workspace.GuestPath;
import banger.workspace.RepoPath;
import banger.workspace.testing.Repo;
import banger.workspace.wire.Prepare.Kept;
import banger.workspace.wire.Prepare.Why;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The second and later prepares: only what changed travels, and what the guest did stays. */
@Tag("slow")
class LaterPrepareTest {
    @TempDir
    Path home;

    private Delivered delivered;
    private Repo repo;

    @BeforeEach
    void begin() {
        delivered = new Delivered(home);
        repo = Repo.init(home.resolve("src"));
        for (int i = 0; i < 20; i++) repo.write("f" + i, "content " + i + "\n");
        repo.write("dir/only", "x\n").commit("1");
        delivered.deliver(Wish.of(repo.top()));
    }

    private String base(String path) {
        return delivered.shadow(GuestPath.DEFAULT).git("show", "refs/banger/base:" + path);
    }

    @Test
    void onlyWhatChangedTravels() throws Exception {
        repo.write("f1", "changed\n").write("new", "n\n");
        repo.git("add", "new");
        Files.delete(repo.top().resolve("dir/only"));
        var outcome = delivered.deliver(Wish.of(repo.top()));
        assertThat(outcome.sent()).isEqualTo(2);
        assertThat(outcome.removed()).containsExactly(RepoPath.of("dir/only"));
        assertThat(delivered.at("dir")).doesNotExist();
        delivered.assertSame(repo);
        assertThat(base("f1")).isEqualTo("changed\n");
        assertThat(delivered.deliver(Wish.of(repo.top())).sent()).isZero();
    }

    @Test
    void nothingChangedLeavesTheBaseAlone() {
        var before = delivered.shadow(GuestPath.DEFAULT).git("rev-parse", "refs/banger/base");
        assertThat(delivered.deliver(Wish.of(repo.top())).record().baseTree())
                .isEqualTo(delivered
                        .shadow(GuestPath.DEFAULT)
                        .git("rev-parse", "refs/banger/base^{tree}")
                        .strip());
        assertThat(delivered.shadow(GuestPath.DEFAULT).git("rev-parse", "refs/banger/base"))
                .isEqualTo(before);
    }

    @Test
    void inAGuestThatHasJustGoneOnFromASaveOnlyWhatTheHostChangedIsLookedAt() throws Exception {
        repo.write("f1", "of the host\n").write("f2", "of the host\n");
        Files.writeString(delivered.at("f2"), "of the guest\n");
        Files.writeString(delivered.at("f3"), "of the guest\n");
        var outcome = delivered.pack(Wish.of(repo.top())).fresh().deliver(Delivered.VM, delivered.agent, false);
        assertThat(outcome.sent()).isOne();
        assertThat(outcome.kept()).extracting(Kept::path).containsExactly(RepoPath.of("f2"));
        assertThat(delivered.at("f1")).hasContent("of the host");
        assertThat(delivered.at("f2")).hasContent("of the guest");
        assertThat(delivered.at("f3")).hasContent("of the guest");
        assertThat(base("f3")).isEqualTo("content 3\n");
        // It was not looked at, and is not taken for what was delivered.
        assertThat(delivered.deliver(Wish.of(repo.top())).kept())
                .extracting(Kept::path)
                .containsExactly(RepoPath.of("f2"), RepoPath.of("f3"));
    }

    @Test
    void aTouchedFileIsNotSentAgainAndIsCleanAllTheSame() {
        repo.git("checkout", "-q", "-b", "there");
        repo.write("f1", "other\n").commit("2");
        repo.git("checkout", "-q", "main");
        var outcome = delivered.deliver(Wish.of(repo.top()));
        assertThat(outcome.sent()).isZero();
        delivered.assertSame(repo);
    }

    @Test
    void newCommitsArriveWithWhatTheyNeed() {
        for (int i = 0; i < 4; i++) repo.write("f2", "v" + i + "\n").commit("more " + i);
        delivered.deliver(Wish.of(repo.top()));
        delivered.assertSame(repo);
        assertThat(delivered.guest().git("rev-list", "--count", "HEAD")).isEqualTo("5\n");
        repo.git("commit", "-q", "--amend", "-m", "rewritten");
        delivered.deliver(Wish.of(repo.top()));
        delivered.assertSame(repo);
    }

    @Test
    void whatTheGuestChangedIsKeptAndItsBaseStays() throws Exception {
        delivered.guest().write("f1", "guest\n").write("mine", "guest's own\n");
        Files.delete(delivered.at("f2"));
        repo.write("f1", "host\n")
                .write("f2", "host\n")
                .write("mine", "host's\n")
                .write("f3", "host\n");
        repo.git("add", "mine");
        var outcome = delivered.deliver(Wish.of(repo.top()));
        assertThat(outcome.kept())
                .containsExactlyInAnyOrder(
                        new Kept(Why.EDITED, RepoPath.of("f1")),
                        new Kept(Why.EDITED, RepoPath.of("f2")),
                        new Kept(Why.GUESTS_OWN, RepoPath.of("mine")));
        assertThat(delivered.at("f1")).hasContent("guest\n");
        assertThat(delivered.at("f2")).doesNotExist();
        assertThat(delivered.at("f3")).hasContent("host\n");
        assertThat(base("f1")).isEqualTo("content 1\n");
        assertThat(base("f2")).isEqualTo("content 2\n");
        assertThat(base("f3")).isEqualTo("host\n");

        var forced = delivered.deliver(Wish.of(repo.top()), true);
        assertThat(forced.kept()).isEmpty();
        delivered.assertSame(repo);
        assertThat(base("f1")).isEqualTo("host\n");
    }

    @Test
    void aGuestThatCommittedKeepsItsHeadAndIsShownTheHosts() {
        delivered.guest().write("f1", "guest\n").commit("in the guest");
        var head = delivered.guest().git("rev-parse", "HEAD");
        repo.write("f5", "host\n").commit("on the host");
        var outcome = delivered.deliver(Wish.of(repo.top()));
        assertThat(outcome.moved()).containsExactly(GuestPath.DEFAULT);
        var guest = delivered.guest();
        assertThat(guest.git("rev-parse", "HEAD")).isEqualTo(head);
        assertThat(guest.git("rev-parse", "host/main")).isEqualTo(repo.git("rev-parse", "HEAD"));
        guest.git("fsck", "--no-dangling");
        guest.git("checkout", "-q", "f5");
        guest.git("merge", "-q", "--no-edit", "host/main");
        assertThat(guest.git("log", "--format=%s", "host/main")).isEqualTo("on the host\n1\n");

        delivered.deliver(Wish.of(repo.top()), true);
        delivered.assertSame(repo);
    }

    @Test
    void aRepositoryThatMovedOnTheHostIsStillTheSame() throws Exception {
        Files.move(repo.top(), home.resolve("elsewhere"));
        repo = Repo.at(home.resolve("elsewhere"));
        repo.write("f1", "changed\n");
        assertThat(delivered.deliver(Wish.of(repo.top())).sent()).isOne();
        delivered.assertSame(repo);
    }

    /** Wherever it broke, the next one brings the guest to where the host is, and the base is never ahead of it. */
    @ParameterizedTest
    @ValueSource(ints = {10, 400, 1500, 2200, 5000, 9000})
    void aDeliveryThatBrokeIsFinishedByTheNext(int bytes) {
        for (int i = 0; i < 20; i++) repo.write("f" + i, ("again " + i + "\n").repeat(20));
        repo.commit("2");
        assertThatThrownBy(() -> delivered.deliverUntil(Wish.of(repo.top()), bytes))
                .isInstanceOfSatisfying(
                        BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.GUEST_PROTOCOL));
        delivered.deliver(Wish.of(repo.top()));
        delivered.assertSame(repo);
        assertThat(base("f7")).isEqualTo("again 7\n".repeat(20));
    }

    @Test
    void readonlyTakesTheWriteBitsAway() throws Exception {
        delivered.deliver(new Wish(repo.top(), Optional.empty(), Optional.empty(), false, true, false, Wish.DEPTH));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(delivered.at("f1"))))
                .isEqualTo("r--r--r--");
        assertThat(delivered.guest().git("status", "--porcelain")).isEmpty();
        delivered.deliver(Wish.of(repo.top()));
        assertThat(Files.getPosixFilePermissions(delivered.at("f1"))).contains(PosixFilePermission.OWNER_WRITE);
    }
}
