package banger.daemon.engine.firecracker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.daemon.publish.Download;
import banger.daemon.publish.Recorded;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Fetching a release from a server that this test is, good and bad. */
@Tag("slow")
class FirecrackerPullTest {
    private static final String FIRECRACKER = "release-v1.16.9-x86_64/firecracker-v1.16.9-x86_64";
    private static final String JAILER = "release-v1.16.9-x86_64/jailer-v1.16.9-x86_64";
    private static final byte[] PROGRAM = "#!/bin/sh\n".getBytes(StandardCharsets.UTF_8);

    @TempDir
    Path dir;

    private final Recorded progress = new Recorded();
    private final AtomicInteger asked = new AtomicInteger();
    private final CountDownLatch over = new CountDownLatch(1);
    private HttpServer server;
    private FirecrackerPull pull;

    @BeforeEach
    void serve() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.start();
        pull = new FirecrackerPull(
                dir.resolve("engines"),
                URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/"),
                new Download(Duration.ofSeconds(5), Duration.ofMillis(400), HttpClient.Redirect.NORMAL));
    }

    @AfterEach
    void end() {
        over.countDown();
        server.stop(0);
    }

    private interface Answer {
        void to(HttpExchange x) throws Exception;
    }

    private void on(String path, Answer answer) {
        server.createContext(path, x -> {
            asked.incrementAndGet();
            try (x) {
                answer.to(x);
            } catch (IOException e) {
                throw e;
            } catch (Exception e) {
                throw new IOException(e);
            }
        });
    }

    private void serves(byte[] archive) {
        on("/v1.16.9/firecracker-v1.16.9-x86_64.tgz", x -> {
            x.sendResponseHeaders(200, archive.length);
            x.getResponseBody().write(archive);
        });
    }

    private interface Members {
        void addTo(TarArchiveOutputStream tar) throws IOException;
    }

    private static byte[] archive(Members members) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var tar = new TarArchiveOutputStream(new GZIPOutputStream(bytes))) {
            tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
            members.addTo(tar);
        }
        return bytes.toByteArray();
    }

    private static void file(TarArchiveOutputStream tar, String name, byte[] content) throws IOException {
        var entry = new TarArchiveEntry(name);
        entry.setSize(content.length);
        tar.putArchiveEntry(entry);
        tar.write(content);
        tar.closeArchiveEntry();
    }

    private static void link(TarArchiveOutputStream tar, String name, byte kind, String target) throws IOException {
        var entry = new TarArchiveEntry(name, kind);
        entry.setLinkName(target);
        tar.putArchiveEntry(entry);
        tar.closeArchiveEntry();
    }

    private static byte[] good() throws IOException {
        return archive(t -> {
            file(t, "release-v1.16.9-x86_64/LICENSE", PROGRAM);
            file(t, FIRECRACKER, PROGRAM);
            file(t, JAILER, PROGRAM);
            file(t, FIRECRACKER + ".debug", new byte[100_000]);
        });
    }

    private static FirecrackerRelease release(byte[] archive) throws Exception {
        var hash = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(archive));
        return FirecrackerRelease.wanted(Optional.of("1.16.9"), Optional.of(hash));
    }

    /** Refused with this, and nothing is left. */
    private void refused(FirecrackerRelease release, String... facts) throws IOException {
        assertThatThrownBy(() -> pull.pull(release, progress)).isInstanceOfSatisfying(BangerException.class, e -> {
            assertThat(e.code()).isEqualTo(ErrorCode.ENGINE_PULL_FAILED);
            assertThat(e.fact()).startsWith("engine firecracker 1.16.9: ").contains(facts);
            assertThat(e.remedies()).isNotEmpty();
        });
        nothingIsLeft();
    }

    private void nothingIsLeft() throws IOException {
        if (!Files.exists(dir.resolve("engines"))) return;
        try (var left = Files.walk(dir)) {
            assertThat(left.filter(Files::isRegularFile)).isEmpty();
        }
        assertThat(dir.resolve("engines")).isEmptyDirectory();
    }

    private void refusedArchive(Members members, String... facts) throws Exception {
        var bytes = archive(members);
        serves(bytes);
        refused(release(bytes), facts);
    }

    @Test
    void aReleaseIsFetchedOnceAndOnlyItsTwoProgramsAreTaken() throws Exception {
        var archive = good();
        serves(archive);
        var program = pull.pull(release(archive), progress);
        assertThat(program).isEqualTo(dir.resolve("engines/firecracker-1.16.9/firecracker"));
        try (var files = Files.list(program.getParent())) {
            assertThat(files.map(f -> f.getFileName().toString())).containsExactlyInAnyOrder("firecracker", "jailer");
        }
        assertThat(Files.getPosixFilePermissions(program).toString()).doesNotContain("WRITE");
        assertThat(program).isExecutable().hasBinaryContent(PROGRAM);
        assertThat(progress.done.getLast()).contains("fetched");
        pull.pull(release(archive), progress);
        assertThat(progress.notes.getLast()).contains("already here");
        assertThat(asked).hasValue(1);
    }

    @Test
    void aRedirectIsFollowedAndALoopIsNot() throws Exception {
        var archive = good();
        on("/elsewhere", x -> {
            x.sendResponseHeaders(200, archive.length);
            x.getResponseBody().write(archive);
        });
        on("/v1.16.9/", x -> {
            x.getResponseHeaders().add("Location", "/elsewhere");
            x.sendResponseHeaders(302, -1);
        });
        assertThat(pull.pull(release(archive), progress)).exists();
        on("/v1.16.8/", x -> {
            x.getResponseHeaders().add("Location", "/v1.16.8/again");
            x.sendResponseHeaders(302, -1);
        });
        int before = asked.get();
        var looping = new FirecrackerRelease(FirecrackerVersion.parse("1.16.8").orElseThrow(), "0".repeat(64));
        assertThatThrownBy(() -> pull.pull(looping, progress)).hasMessageContaining("again and again");
        assertThat(asked.get() - before).isBetween(2, 10);
    }

    @Test
    void otherBytesThanTheExpectedAreNeverLookedInto() throws Exception {
        serves(good());
        refused(release(new byte[] {1}), "its bytes are not the expected ones");
    }

    @Test
    void whatIsNotThereIsSaid() throws Exception {
        refused(release(good()), "status 404", "firecracker-v1.16.9-x86_64.tgz");
    }

    @Test
    void aServerThatCannotBeReachedIsSaid() throws Exception {
        server.stop(0);
        refused(release(good()), "no answer from 127.0.0.1");
    }

    @Test
    void anAnswerThatBreaksOffIsSaid() throws Exception {
        var archive = good();
        on("/", x -> {
            x.sendResponseHeaders(200, archive.length);
            x.getResponseBody().write(archive, 0, archive.length / 2);
            x.getResponseBody().flush();
        });
        refused(release(archive), "it broke off after");
    }

    @Test
    void aServerThatSaysNothingIsLeft() throws Exception {
        on("/", x -> over.await());
        refused(release(good()), "no answer from 127.0.0.1");
    }

    @Test
    void aServerThatStopsInTheMiddleIsLeft() throws Exception {
        var archive = good();
        on("/", x -> {
            x.sendResponseHeaders(200, archive.length);
            x.getResponseBody().write(archive, 0, archive.length / 2);
            x.getResponseBody().flush();
            over.await();
        });
        refused(release(archive), "nothing came for");
    }

    @Test
    void aLengthBeyondAllReleasesIsRefusedBeforeItComes() throws Exception {
        on("/", x -> {
            x.sendResponseHeaders(200, 1L << 33);
            x.getResponseBody().write(0);
            x.getResponseBody().flush();
            over.await();
        });
        refused(release(good()), "longer than");
    }

    @Test
    void anAnswerWithoutLengthIsBounded() throws Exception {
        on("/", x -> {
            x.sendResponseHeaders(200, 0);
            var zeroes = new byte[1 << 20];
            while (over.getCount() > 0) x.getResponseBody().write(zeroes);
        });
        refused(release(good()), "longer than 67108864 bytes");
    }

    @Test
    void namesThatLeadOutAreNotTaken() throws Exception {
        refusedArchive(
                t -> {
                    file(t, "../../" + FIRECRACKER, PROGRAM);
                    file(t, "/etc/" + FIRECRACKER, PROGRAM);
                    file(t, "./" + FIRECRACKER, PROGRAM);
                },
                "has no " + FIRECRACKER);
        assertThat(dir.resolve("release-v1.16.9-x86_64")).doesNotExist();
    }

    @Test
    void linksAreNoPrograms() throws Exception {
        refusedArchive(t -> link(t, FIRECRACKER, TarConstants.LF_SYMLINK, "/etc/passwd"), "firecracker is no file");
    }

    @Test
    void hardLinksAreNoPrograms() throws Exception {
        refusedArchive(
                t -> {
                    file(t, FIRECRACKER, PROGRAM);
                    link(t, JAILER, TarConstants.LF_LINK, "/etc/passwd");
                },
                "jailer is no file");
    }

    @Test
    void aProgramThatIsHugeIsNone() throws Exception {
        refusedArchive(t -> file(t, FIRECRACKER, new byte[(64 << 20) + 1]), "too large");
    }

    @Test
    void aProgramThatIsEmptyIsNone() throws Exception {
        refusedArchive(t -> file(t, FIRECRACKER, new byte[0]), "no file, or too large");
    }

    @Test
    void aProgramThatIsThereTwiceIsRefused() throws Exception {
        refusedArchive(
                t -> {
                    file(t, FIRECRACKER, PROGRAM);
                    file(t, FIRECRACKER, new byte[] {1});
                },
                "firecracker twice");
    }

    @Test
    void oneOfTheTwoIsNotEnough() throws Exception {
        refusedArchive(t -> file(t, FIRECRACKER, PROGRAM), "has no " + JAILER);
    }

    @Test
    void anArchiveThatUnpacksToALotIsGivenUp() throws Exception {
        var zeroes = new byte[1 << 20];
        refusedArchive(
                t -> {
                    var entry = new TarArchiveEntry("bomb");
                    entry.setSize(1100L << 20);
                    t.putArchiveEntry(entry);
                    for (int i = 0; i < 1100; i++) t.write(zeroes);
                    t.closeArchiveEntry();
                },
                "unpacks to more");
    }

    @Test
    void whatIsNoArchiveIsSaid() throws Exception {
        var bytes = "no archive".getBytes(StandardCharsets.UTF_8);
        serves(bytes);
        refused(release(bytes), "cannot be read");
    }

    @Test
    void anInterruptedPullLeavesNothing() throws Exception {
        var archive = good();
        var begun = new CountDownLatch(1);
        on("/", x -> {
            x.sendResponseHeaders(200, archive.length);
            for (int i = 0; i < archive.length && over.getCount() > 0; i++) {
                x.getResponseBody().write(archive, i, 1);
                x.getResponseBody().flush();
                begun.countDown();
                if (i > 20) over.await();
            }
        });
        var outcome = new CompletableFuture<Throwable>();
        var thread = Thread.ofVirtual().start(() -> {
            try {
                pull.pull(release(archive), progress);
            } catch (Exception e) {
                outcome.complete(e);
            }
        });
        begun.await();
        thread.interrupt();
        assertThat(outcome.get())
                .isInstanceOfSatisfying(
                        BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CANCELLED));
        nothingIsLeft();
    }

    @Test
    void whatIsAskedForIsCheckedFirst() {
        var one = FirecrackerRelease.wanted(Optional.empty(), Optional.empty());
        assertThat(one.version()).hasToString("1.16.1");
        assertThat(FirecrackerRelease.wanted(Optional.of("v1.17.0"), Optional.empty())
                        .sha256())
                .startsWith("06094a11");
        for (var bad : List.of(
                List.of("1.15.9", ""),
                List.of("latest", ""),
                List.of("1.11.0", "0".repeat(64)),
                List.of("1.16.1", "0".repeat(64)),
                List.of("1.16.9", "0".repeat(63)),
                List.of("1.16.9", "../" + "0".repeat(61))))
            assertThatThrownBy(() -> FirecrackerRelease.wanted(
                            Optional.of(bad.getFirst()),
                            Optional.of(bad.getLast()).filter(h -> !h.isEmpty())))
                    .as(bad.toString())
                    .isInstanceOfSatisfying(
                            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.USAGE));
    }
}
