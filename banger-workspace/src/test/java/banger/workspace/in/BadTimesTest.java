package banger.workspace.in;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.http.Duplex;
import banger.workspace.GuestPath;
import banger.workspace.RepoPath;
import banger.workspace.out.Patience;
import banger.workspace.testing.Repo;
import banger.workspace.wire.Conversations;
import banger.workspace.wire.Frames;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What happens to a delivery while it is under way, and repositories that are not whole. */
@Tag("slow")
class BadTimesTest {
    @TempDir
    Path dir;

    private Delivered delivered;
    private Repo repo;

    @BeforeEach
    void begin() {
        delivered = new Delivered(dir.resolve("home"));
        repo = Repo.init(dir.resolve("shop")).write("small", "small\n").commit("first");
    }

    private Import.Outcome deliver(Conversations through) {
        return Import.pack(
                        delivered.layout,
                        java.util.Map.of("PATH", "/usr/bin:/bin"),
                        Delivered.VM,
                        delivered.look(Wish.of(repo.top())),
                        GuestPath.DEFAULT)
                .deliver(Delivered.VM, through, false);
    }

    /** Something that is done once so many bytes went to the guest. */
    private interface Meanwhile {
        void run() throws IOException;
    }

    /** The real agent, and what happens on the host when it has got so much. */
    private record Interrupted(Conversations whole, Duplex stream, int bytes, Meanwhile meanwhile)
            implements Conversations {
        @Override
        public String name() {
            return whole.name();
        }

        @Override
        public Frames converse(String operation, GuestPath path) {
            var out = new FilterOutputStream(stream.out()) {
                private int left = bytes;

                @Override
                public void write(byte[] b, int off, int len) throws IOException {
                    out.write(b, off, len);
                    if (left > 0 && left <= len) meanwhile.run();
                    left -= len;
                }
            };
            return new Frames(name(), new Diverted(stream, out));
        }
    }

    private Interrupted when(int bytes, Meanwhile meanwhile) {
        return new Interrupted(delivered.agent, delivered.agent.open("prepare", GuestPath.DEFAULT), bytes, meanwhile);
    }

    @Test
    void aFileThatChangesDuringTheCopyIsNamedAndTheNextOneBringsIt() throws IOException {
        var large = repo.top().resolve("large");
        Files.write(large, new byte[20 << 20]);
        repo.commit("large");
        var outcome = deliver(when(4 << 20, () -> Files.writeString(large, "more", StandardOpenOption.APPEND)));
        assertThat(outcome.unsteady()).containsExactly(RepoPath.of("large"));
        assertThat(delivered.at("large")).hasSize(20 << 20);
        assertThat(delivered.deliver(Wish.of(repo.top())).unsteady()).isEmpty();
        assertThat(delivered.at("large")).hasSameBinaryContentAs(large);
    }

    @Test
    void aFileThatShrinksDuringTheCopyIsNamedToo() throws IOException {
        var large = repo.top().resolve("large");
        Files.write(large, new byte[20 << 20]);
        repo.commit("large");
        var outcome = deliver(when(4 << 20, () -> Files.writeString(large, "short")));
        assertThat(outcome.unsteady()).containsExactly(RepoPath.of("large"));
        delivered.deliver(Wish.of(repo.top()));
        assertThat(delivered.at("large")).hasContent("short");
    }

    @Test
    void aFileThatGoesDuringTheCopyIsNotThere() throws IOException {
        Files.write(repo.top().resolve("large"), new byte[20 << 20]);
        repo.write("zzz", "gone in a moment\n").commit("large");
        deliver(when(4 << 20, () -> Files.delete(repo.top().resolve("zzz"))));
        assertThat(delivered.at("zzz")).doesNotExist();
        assertThat(delivered.guest().git("status", "--porcelain")).isEqualTo(" D zzz\n");
    }

    @Test
    void aGuestThatStopsAnsweringIsGivenUpAndTheHostIsAsItWas() throws IOException {
        var before = Delivered.snapshot(repo.top());
        var never = new CountDownLatch(1);
        var nothing = new InputStream() {
            @Override
            public int read() throws IOException {
                try {
                    never.await();
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
                throw new IOException("closed");
            }
        };
        var silent = Duplex.of(nothing, OutputStream.nullOutputStream(), () -> {}, never::countDown);
        var guest = new Conversations() {
            @Override
            public String name() {
                return "box";
            }

            @Override
            public Frames converse(String operation, GuestPath path) {
                return new Frames("box", new Patience(silent, Duration.ofMillis(200)));
            }
        };
        assertThatThrownBy(() -> deliver(guest))
                .isInstanceOfSatisfying(
                        BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.GUEST_PROTOCOL))
                .hasMessageContaining("said nothing for");
        assertThat(Delivered.snapshot(repo.top())).isEqualTo(before);
    }

    /** Of history only what is there goes along; git in the guest knows that the rest was promised by somebody. */
    @Test
    void aPartialClone() {
        repo.write("small", "second\n").commit("second");
        repo.git("config", "uploadpack.allowFilter", "true");
        var partial = dir.resolve("partial");
        repo.git("clone", "-q", "--filter=blob:none", "file://" + repo.top(), partial.toString());
        var clone = Repo.at(partial);
        var before = clone.git("rev-list", "--objects", "--all", "--missing=print");
        assertThat(before).contains("\n?");
        delivered.deliver(Wish.of(partial));
        assertThat(delivered.at("small")).hasContent("second");
        var guest = delivered.guest();
        assertThat(guest.git("status", "--porcelain")).isEmpty();
        assertThat(guest.git("log", "--format=%s")).isEqualTo("second\nfirst\n");
        guest.write("small", "third\n").commit("third");
        assertThat(guest.run("fsck", "--connectivity-only").status()).isZero();
        assertThat(clone.git("rev-list", "--objects", "--all", "--missing=print"))
                .isEqualTo(before);
    }

    @Test
    void aFullCopyHasAllHistoryAndWhatIsUntracked() {
        for (int i = 0; i < 15; i++) repo.write("small", i + "\n").commit("change " + i);
        repo.write(".gitignore", "*.o\n").commit("ignore");
        repo.write("new", "new\n").write("a.o", "object\n");
        var wish = Wish.of(repo.top());
        delivered.deliver(new Wish(wish.place(), wish.branch(), wish.from(), true, wish.readonly(), true, 0));
        assertThat(delivered.guest().git("rev-list", "--count", "HEAD").strip()).isEqualTo("17");
        assertThat(delivered.at(".git/shallow")).doesNotExist();
        assertThat(delivered.at("new")).hasContent("new");
        assertThat(delivered.at("a.o")).doesNotExist();
    }
}
