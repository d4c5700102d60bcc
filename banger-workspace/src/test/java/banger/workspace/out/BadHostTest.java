package banger.workspace.out;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.workspace.testing.JavaProgram;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A host that fails: its repository is as it was, or has all of it. */
@Tag("slow")
class BadHostTest {
    @TempDir
    Path dir;

    enum Fault {
        /** The repository's file system has no room for what comes. */
        FULL_REPOSITORY,
        /** Ours has none. */
        FULL_STATE,
        /** The repository is on a file system that nobody may write to. */
        READ_ONLY_REPOSITORY
    }

    /** In a mount namespace of its own, so that the file systems are gone with the program. */
    @ParameterizedTest
    @EnumSource
    void theRepositoryStaysAsItWas(Fault fault) throws Exception {
        var namespace = List.of("unshare", "--user", "--map-root-user", "--mount");
        var probe = new ArrayList<>(namespace);
        probe.add("true");
        assumeTrue(
                new ProcessBuilder(probe).start().waitFor() == 0, "no user namespace to be had, and so no file system");
        var command = new ArrayList<>(namespace);
        command.addAll(JavaProgram.of(Inside.class, dir.toString(), fault.name()));
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
    }

    static final class Inside {
        private Inside() {}

        public static void main(String[] arguments) throws Exception {
            var dir = Path.of(arguments[0]);
            var repo = Files.createDirectories(dir.resolve("host-repo"));
            var fault = Fault.valueOf(arguments[1]);
            if (fault == Fault.FULL_REPOSITORY) mount("-t", "tmpfs", "-o", "size=2m", "none", repo.toString());
            if (fault == Fault.FULL_STATE)
                mount(
                        "-t",
                        "tmpfs",
                        "-o",
                        "size=2m",
                        "none",
                        Files.createDirectories(dir.resolve("state")).toString());
            var trip = new RoundTrip(dir);
            trip.write("a", "one\n");
            trip.write("b", "one\n");
            trip.commit("first");
            trip.deliver();
            if (fault == Fault.READ_ONLY_REPOSITORY) {
                mount("--bind", repo.toString(), repo.toString());
                mount("-o", "remount,ro,bind", repo.toString());
            }
            var random = new byte[5 << 20];
            new java.util.Random(1).nextBytes(random);
            Files.write(trip.guest.repo().resolve("big"), random);
            trip.guest.write("a", "two\n");
            trip.guest.run("git", "add", "-A");
            trip.guest.run("git", "commit", "-qm", "second");
            trip.guest.write("b", "two\n");
            var code = fault == Fault.READ_ONLY_REPOSITORY ? ErrorCode.REPOSITORY_UNSUITABLE : ErrorCode.HOST_DISK_FULL;
            fails(
                    trip,
                    code,
                    () -> Work.collect(trip.guest, List.of(trip.delivered())).apply(trip.repository(), true, false));
            fails(
                    trip,
                    code,
                    () -> Work.collect(trip.guest, List.of(trip.delivered()))
                            .branch(trip.repository(), new BranchWish("work", false, false, false)));
            if (fault != Fault.FULL_STATE)
                Work.collect(trip.guest, List.of(trip.delivered())).patch(OutputStream.nullOutputStream());
            // With what fits it works, where anything can be written at all.
            if (fault == Fault.READ_ONLY_REPOSITORY) return;
            var ours = repo.resolve(".git/banger").toFile().list();
            assertThat(ours == null ? new String[] {"lock"} : ours).containsExactly("lock");
            trip.host("git", "prune", "--expire=now"); // a fetch leaves objects behind, as any that was cut short
            Files.delete(trip.guest.repo().resolve("big"));
            Work.collect(trip.guest, List.of(trip.delivered())).apply(trip.repository(), true, false);
            assertThat(repo.resolve("a")).hasContent("two");
        }

        private static void fails(RoundTrip trip, ErrorCode code, ThrowingCallable work) throws IOException {
            var before = ApplyPullTest.snapshot(trip.repo);
            assertThatThrownBy(work)
                    .isInstanceOfSatisfying(
                            BangerException.class,
                            e -> assertThat(e.code()).as(e.fact()).isEqualTo(code));
            assertThat(ApplyPullTest.snapshot(trip.repo)).isEqualTo(before);
            assertThat(trip.host("git", "fsck", "--connectivity-only")).doesNotContain("missing", "error");
        }

        private static void mount(String... arguments) throws IOException, InterruptedException {
            var all = new ArrayList<>(List.of("mount"));
            all.addAll(List.of(arguments));
            assertThat(new ProcessBuilder(all).inheritIO().start().waitFor()).isZero();
        }
    }

    /** Another git is at work: the index is not ours to touch, and a ref that it holds is not made. */
    @Test
    void aRepositoryThatAnotherGitHasLocked() throws IOException {
        var trip = new RoundTrip(dir);
        trip.write("a", "one\n");
        trip.commit("first");
        trip.deliver();
        trip.guest.write("a", "two\n");
        var lock = Files.writeString(trip.repo.resolve(".git/index.lock"), "of another git");
        Files.writeString(trip.repo.resolve(".git/refs/heads/work.lock"), "of another git");
        var before = ApplyPullTest.snapshot(trip.repo);
        var work = Work.collect(trip.guest, List.of(trip.delivered()));
        assertThatThrownBy(() -> work.branch(trip.repository(), new BranchWish("work", false, false, false)))
                .isInstanceOfSatisfying(
                        BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.REPOSITORY_UNSUITABLE))
                .hasMessageContaining("work.lock");
        assertThat(ApplyPullTest.snapshot(trip.repo)).isEqualTo(before);
        work.branch(trip.repository(), new BranchWish("other", false, false, false));
        assertThat(trip.host("git", "show", "other:a")).isEqualTo("two\n");
        work.apply(trip.repository(), false, false);
        assertThat(trip.repo.resolve("a")).hasContent("two");
        assertThat(lock).hasContent("of another git");
    }
}
