package banger.workspace.out;

import static org.assertj.core.api.Assertions.assertThat;

import banger.workspace.RepoPath;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CollectorTest {
    @TempDir
    Path dir;

    private RoundTrip delivered() throws IOException {
        var trip = new RoundTrip(dir);
        trip.write("src/main.c", "int main(void) { return 0; }\n");
        trip.write("README", "hello\n");
        trip.write("gone", "soon\n");
        trip.write(".gitignore", "*.o\nbuild/\nlogs/*\n!logs/.keep\n");
        trip.commit("first");
        trip.write("README", "hello, edited on the host\n");
        trip.deliver();
        return trip;
    }

    /** What is in the guest beside what was delivered: a letter and a path each. */
    private static List<String> changes(RoundTrip trip) throws IOException {
        return new Trees(trip.delivered().shadow())
                .changes(trip.delivered().base(), trip.collect().tree()).stream()
                        .map(c -> c.letter() + " " + c.path())
                        .toList();
    }

    @Test
    void nothingChangedIsTheBaseItself() throws IOException {
        var trip = delivered();
        var collected = trip.collect();
        assertThat(collected.tree()).isEqualTo(trip.delivered().base());
        assertThat(GuestCommits.unknown(collected)).isEmpty();
        assertThat(collected.headBranch()).contains("main");
    }

    @Test
    void aLookBeforeASaveLosesNothingOfWhatIsFoundAfterwards() throws IOException {
        var trip = delivered();
        trip.guest.write("README", "by a set-up\n");
        trip.guest.write("new/deep/er", "x");
        Files.delete(trip.guest.repo().resolve("gone"));
        Unpulled.seen(trip.guest, trip.delivered());
        assertThat(changes(trip)).containsExactlyInAnyOrder("M README", "A new/deep/er", "D gone");
    }

    @Test
    void whatChangedIsThereAndWhatIsIgnoredIsNot() throws IOException {
        var trip = delivered();
        trip.guest.write("src/main.c", "int main(void) { return 1; }\n");
        trip.guest.write("new/file with\nnewline", "x");
        trip.guest.write("a.o", "ignored");
        trip.guest.write("build/deep/er", "ignored");
        trip.guest.write("logs/today", "ignored");
        trip.guest.write("logs/.keep", "");
        trip.guest.write("sub/.gitignore", "*.tmp\n");
        trip.guest.write("sub/a.tmp", "ignored");
        trip.guest.write("sub/b.txt", "kept");
        Files.delete(trip.guest.repo().resolve("gone"));
        Files.createSymbolicLink(trip.guest.repo().resolve("link"), Path.of("README"));
        trip.guest.run("chmod", "+x", "README");
        assertThat(changes(trip))
                .containsExactlyInAnyOrder(
                        "M src/main.c",
                        "A new/file with\\x0anewline",
                        "A logs/.keep",
                        "A sub/.gitignore",
                        "A sub/b.txt",
                        "D gone",
                        "A link",
                        "M README");
    }

    /** As pytest, ruff, venv and others make them. */
    @Test
    void aDirectoryThatIgnoresItselfIsNoWork() throws IOException {
        var trip = delivered();
        trip.guest.write(".cache/.gitignore", "# made by a tool\n*\n");
        trip.guest.write(".cache/v/entry", "ignored");
        trip.guest.write("deep/er/.gitignore", ".gitignore\n");
        trip.guest.write("deep/er/file", "kept");
        trip.guest.write("empty/.gitignore", "*\n!.gitignore\n");
        trip.guest.write("empty/x", "ignored");
        assertThat(changes(trip)).containsExactlyInAnyOrder("A deep/er/file", "A empty/.gitignore");
    }

    @Test
    void aPatchAppliesToWhatWasDelivered() throws IOException {
        var trip = delivered();
        Files.write(trip.guest.repo().resolve("binary"), new byte[] {0, 1, 2, (byte) 0xff, 0});
        trip.guest.write("README", "in the guest\n");
        trip.host("rm", "-rf", "applied");
        Files.writeString(dir.resolve("x.patch"), trip.patch(), StandardCharsets.UTF_8);
        trip.host("git", "apply", "--check", dir.resolve("x.patch").toString());
        trip.host("git", "apply", dir.resolve("x.patch").toString());
        assertThat(trip.repo.resolve("README")).hasContent("in the guest");
        assertThat(Files.readAllBytes(trip.repo.resolve("binary"))).containsExactly(0, 1, 2, 0xff, 0);
    }

    @Test
    void aRepositoryInsideIsNamedAndNotEntered() throws IOException {
        var trip = delivered();
        Files.createDirectories(trip.guest.repo().resolve("inner"));
        HostAgent.Programs.run(trip.guest.repo().resolve("inner"), "git", "init", "-q");
        trip.guest.write("inner/file", "x");
        var collected = trip.collect();
        assertThat(collected.repositories()).containsExactly(RepoPath.of("inner"));
        assertThat(collected.tree()).isEqualTo(trip.delivered().base());
    }

    @Test
    void aDirectoryWhereAFileWasAndTheOtherWayRound() throws IOException {
        var trip = delivered();
        Files.delete(trip.guest.repo().resolve("gone"));
        trip.guest.write("gone/inside", "x");
        trip.guest.run("rm", "-r", "src");
        trip.guest.write("src", "a file now");
        assertThat(changes(trip)).containsExactlyInAnyOrder("D gone", "A gone/inside", "D src/main.c", "A src");
    }
}
