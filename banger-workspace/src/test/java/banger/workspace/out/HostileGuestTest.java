package banger.workspace.out;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.http.Duplex;
import banger.api.model.ExecRequest;
import banger.workspace.GuestPath;
import banger.workspace.RepoPath;
import banger.workspace.wire.Frames;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a guest that wants harm may send: the host's repository stays as it is, byte for byte. */
@Tag("slow")
class HostileGuestTest {
    @TempDir
    Path dir;

    private RoundTrip trip() throws IOException {
        var trip = new RoundTrip(dir);
        trip.write("a", "one\n");
        trip.commit("first");
        trip.deliver();
        return trip;
    }

    private static void refused(RoundTrip trip, Guest guest, ErrorCode code, String words) throws IOException {
        var before = ApplyPullTest.snapshot(trip.repo);
        assertThatThrownBy(() -> Work.collect(guest, List.of(trip.delivered()))
                        .branch(trip.repository(), new BranchWish("work", false, false, false)))
                .isInstanceOfSatisfying(BangerException.class, e -> {
                    assertThat(e.code()).isEqualTo(code);
                    assertThat(e.fact() + String.join("\n", e.remedies())).contains(words);
                });
        assertThat(ApplyPullTest.snapshot(trip.repo)).isEqualTo(before);
        try (var left = Files.list(trip.delivered().shadow().gitDir())) {
            assertThat(left.map(f -> f.getFileName().toString()))
                    .noneMatch(n -> n.startsWith("incoming-") || n.startsWith("index-") || n.startsWith("blob-"));
        }
    }

    /** A commit of a tree that git itself would not make, as somebody in the guest can. */
    private static void commitTree(RoundTrip trip, String tree) throws IOException {
        var commit = trip.guest
                .run("git", "commit-tree", "-p", "HEAD", "-m", "odd", tree)
                .strip();
        trip.guest.run("git", "update-ref", "refs/heads/main", commit);
    }

    private static String rawTree(RoundTrip trip, byte[] content) throws IOException {
        var file = trip.directory.resolve("tree");
        Files.write(file, content);
        return trip.guest
                .run("git", "hash-object", "-w", "-t", "tree", "--literally", file.toString())
                .strip();
    }

    private static byte[] entry(RoundTrip trip, String mode, String name) throws IOException {
        var blob = trip.guest.run("git", "rev-parse", "HEAD:a").strip();
        var out = new ByteArrayOutputStream();
        out.writeBytes((mode + " " + name + "\0").getBytes(StandardCharsets.UTF_8));
        out.writeBytes(java.util.HexFormat.of().parseHex(blob));
        return out.toByteArray();
    }

    @Test
    void treesWithNamesThatLeadOut() throws IOException {
        for (var name : List.of("..", ".git", ".GIT", "a/b")) {
            var trip = new RoundTrip(Files.createTempDirectory(dir, "t"));
            trip.write("a", "one\n");
            trip.commit("first");
            trip.deliver();
            commitTree(trip, rawTree(trip, entry(trip, "100644", name)));
            refused(trip, trip.guest, ErrorCode.WORKSPACE_REFUSED, "--patch FILE");
        }
    }

    @Test
    void oldModesAreRefusedByName() throws IOException {
        var trip = trip();
        commitTree(trip, rawTree(trip, entry(trip, "0100644", "a")));
        refused(trip, trip.guest, ErrorCode.WORKSPACE_REFUSED, "zero-padded");
    }

    @Test
    void aTreeBombDoesNotUnfold() throws IOException {
        var trip = trip();
        var tree = trip.guest.run("git", "rev-parse", "HEAD^{tree}").strip();
        for (int level = 0; level < 8; level++) {
            var lines = new StringBuilder();
            for (int i = 0; i < 12; i++)
                lines.append("040000 tree ")
                        .append(tree)
                        .append("\td")
                        .append(i)
                        .append('\n');
            var file = dir.resolve("lines");
            Files.writeString(file, lines);
            tree = trip.guest.run("sh", "-c", "git mktree < " + file).strip();
        }
        commitTree(trip, tree);
        refused(trip, trip.guest, ErrorCode.WORKSPACE_REFUSED, "unfolds to more than");
    }

    @Test
    void aPackThatIsNone() throws IOException {
        var trip = trip();
        trip.guest.write("a", "two\n");
        trip.guest.run("git", "commit", "-qam", "second");
        var guest = new Wrapped(trip.guest) {
            @Override
            public Duplex exec(ExecRequest command) {
                var answer = new ByteArrayOutputStream();
                answer.writeBytes(new byte[] {1, 0, 0, 8, 'P', 'A', 'C', 'K', 0, 0, 0, 2, 5, 0, 0, 1, 0});
                return fixed(answer.toByteArray());
            }
        };
        refused(trip, guest, ErrorCode.WORKSPACE_REFUSED, "git's checks refuse");
    }

    @Test
    void aGuestThatStopsAnswering() throws IOException {
        var trip = trip();
        trip.guest.write("a", "two\n");
        trip.guest.run("git", "commit", "-qam", "second");
        var place = dir.resolve("socket");
        try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(place));
            var guest = new Wrapped(trip.guest) {
                @Override
                public Duplex exec(ExecRequest command) {
                    return silent(place);
                }
            };
            refused(trip, guest, ErrorCode.GUEST_PROTOCOL, "the connection broke");
            var scans = new Wrapped(trip.guest) {
                @Override
                public Frames converse(String operation, GuestPath path) {
                    return new Frames("box", silent(place));
                }
            };
            refused(trip, scans, ErrorCode.GUEST_PROTOCOL, "said nothing for");
        }
    }

    private static Duplex silent(Path place) {
        try {
            return new Patience(Duplex.connect(place), Duration.ofMillis(300));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void pathsThatNoWorkTreeHas() throws IOException {
        var trip = trip();
        for (var name : List.of("../../etc/passwd", "/etc/passwd", "x/../../y", ".git/config", "a//b")) {
            var frames = new ByteArrayOutputStream();
            frame(frames, 32, complete(trip));
            var path = new ByteArrayOutputStream();
            path.write(name.length() >> 8);
            path.write(name.length());
            path.writeBytes(name.getBytes(StandardCharsets.US_ASCII));
            frame(frames, 35, path.toByteArray());
            refused(
                    trip,
                    answering(trip, frames.toByteArray()),
                    ErrorCode.GUEST_PROTOCOL,
                    "a path that no work tree has");
        }
    }

    /** A guest that makes files without end: the host's memory has one. */
    @Test
    void moreNamesThanAnybodyHas() throws IOException {
        var trip = trip();
        var path = new ByteArrayOutputStream();
        for (int i = 0; i < 5000; i++)
            path.writeBytes(new byte[] {'f', 0, 2, (byte) (i / 70 + 50), (byte) (i % 70 + 50)});
        var frames = new ByteArrayOutputStream();
        frame(frames, 32, complete(trip));
        for (int i = 0; i < 201; i++) frame(frames, 37, path.toByteArray());
        refused(trip, answering(trip, frames.toByteArray()), ErrorCode.WORKSPACE_REFUSED, "more than 1,000,000 files");
    }

    /** A sparse file costs a guest nothing. */
    @Test
    void aFileLongerThanWhatComesOutIsNamedAndNotRead() throws IOException {
        var trip = trip();
        try (var file =
                new java.io.RandomAccessFile(trip.guest.repo().resolve("huge").toFile(), "rw")) {
            file.setLength(1L << 40);
        }
        trip.guest.write("a", "two\n");
        var work = Work.collect(trip.guest, List.of(trip.delivered()));
        assertThat(work.tooLarge()).extracting(RepoPath::toString).containsExactly("huge");
        assertThat(work.changes()).extracting(c -> c.path().toString()).containsExactly("a");
    }

    private static byte[] complete(RoundTrip trip) {
        return ("state=complete\ndigest=" + trip.delivered().record().manifest()
                        + "\nformat=sha1\nhead=ref: refs/heads/main\ngit=1\ngit-program=1\n")
                .getBytes(StandardCharsets.US_ASCII);
    }

    private static Guest answering(RoundTrip trip, byte[] frames) {
        return new Wrapped(trip.guest) {
            @Override
            public Frames converse(String operation, GuestPath p) {
                return new Frames("box", fixed(frames));
            }
        };
    }

    @Test
    void nothingThatTheGuestConfiguresRuns() throws IOException {
        var trip = trip();
        var ran = dir.resolve("ran");
        var program = dir.resolve("program");
        Files.writeString(program, "#!/bin/sh\ntouch " + ran + "\ncat\n");
        assertThat(program.toFile().setExecutable(true)).isTrue();
        trip.guest.write("a", "two\n");
        trip.guest.run("git", "commit", "-qam", "second");
        trip.guest.write(".gitattributes", "*.x filter=evil diff=evil merge=evil\n");
        trip.guest.write("b.x", "content\n");
        for (var key : List.of(
                "core.fsmonitor",
                "filter.evil.clean",
                "filter.evil.smudge",
                "filter.evil.process",
                "diff.external",
                "diff.evil.textconv",
                "merge.evil.driver",
                "core.sshCommand")) trip.guest.run("git", "config", key, program.toString());
        Files.createDirectories(trip.guest.repo().resolve(".git/hooks"));
        for (var hook : List.of("post-checkout", "pre-commit", "reference-transaction", "post-merge"))
            Files.copy(
                    program,
                    trip.guest.repo().resolve(".git/hooks/" + hook),
                    java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
        var work = Work.collect(trip.guest, List.of(trip.delivered()));
        work.branch(trip.repository(), new BranchWish("work", false, false, false));
        work.apply(trip.repository(), true, false);
        work.patch(OutputStream.nullOutputStream());
        assertThat(trip.host("git", "show", "work:b.x")).isEqualTo("content\n");
        assertThat(ran).doesNotExist();
    }

    @Test
    void configurationComesOnlyWhenItIsAllowed() throws IOException {
        var trip = trip();
        trip.guest.write(".banger.toml", "nat = true\n");
        var work = Work.collect(trip.guest, List.of(trip.delivered()));
        assertThatThrownBy(() -> work.apply(trip.repository(), false, false)).hasMessageContaining(".banger.toml");
        assertThat(trip.repo.resolve(".banger.toml")).doesNotExist();
        assertThat(work.refusal(false)).get().extracting(BangerException::code).isEqualTo(ErrorCode.WORKSPACE_REFUSED);
        assertThat(work.refusal(true)).isEmpty();
        work.apply(trip.repository(), true, false);
        assertThat(trip.repo.resolve(".banger.toml")).exists();
    }

    @Test
    void namesThatBecomeOneWhereCaseIsIgnored() throws IOException {
        var trip = trip();
        trip.host("git", "config", "core.ignoreCase", "true");
        trip.guest.write("A", "the same name in capitals\n");
        assertThatThrownBy(() ->
                        Work.collect(trip.guest, List.of(trip.delivered())).apply(trip.repository(), false, false))
                .isInstanceOfSatisfying(
                        BangerException.class, e -> assertThat(e.remedies()).anyMatch(l -> l.contains("the same as")));
    }

    @Test
    void aShallowFetchInTheGuestIsNamed() throws IOException {
        var trip = trip();
        trip.guest.write("a", "two\n");
        trip.guest.run("git", "commit", "-qam", "second");
        trip.guest.run("git", "commit", "-q", "--allow-empty", "-m", "third");
        Files.writeString(trip.guest.repo().resolve(".git/shallow"), trip.guest.run("git", "rev-parse", "HEAD~1"));
        refused(trip, trip.guest, ErrorCode.WORKSPACE_REFUSED, "git fetch --unshallow");
    }

    @Test
    void brokenObjects() throws IOException {
        var trip = trip();
        trip.guest.write("a", "two\n");
        trip.guest.run("git", "commit", "-qam", "second");
        var blob = trip.guest.run("git", "rev-parse", "HEAD:a").strip();
        var file = trip.guest.repo().resolve(".git/objects/" + blob.substring(0, 2) + "/" + blob.substring(2));
        Files.delete(file);
        refused(trip, trip.guest, ErrorCode.GUEST_REFUSED, "git in it failed");
    }

    /** Everything as the guest behind it, but for what a test replaces. */
    private static class Wrapped implements Guest {
        private final Guest guest;

        Wrapped(Guest guest) {
            this.guest = guest;
        }

        @Override
        public String name() {
            return guest.name();
        }

        @Override
        public Frames converse(String operation, GuestPath path) {
            return guest.converse(operation, path);
        }

        @Override
        public Duplex exec(ExecRequest command) {
            return guest.exec(command);
        }
    }

    private static void frame(ByteArrayOutputStream out, int type, byte[] payload) {
        out.write(type);
        out.write(payload.length >> 16);
        out.write(payload.length >> 8);
        out.write(payload.length);
        out.writeBytes(payload);
    }

    private static Duplex fixed(byte[] answer) {
        return of(new ByteArrayInputStream(answer));
    }

    private static Duplex of(InputStream in) {
        return Duplex.of(in, OutputStream.nullOutputStream(), () -> {}, in);
    }
}
