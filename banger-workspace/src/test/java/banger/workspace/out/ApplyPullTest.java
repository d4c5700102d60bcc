package banger.workspace.out;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.workspace.RepoPath;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ApplyPullTest {
    @TempDir
    Path dir;

    private RoundTrip trip() throws IOException {
        var trip = new RoundTrip(dir);
        trip.write("a", "1\n2\n3\n4\n5\n6\n7\n8\n9\n");
        trip.write("dir/b", "b\n");
        trip.write("gone", "gone\n");
        trip.write("replaced/x", "x\n");
        trip.commit("first");
        trip.write("dir/b", "b, edited on the host and delivered\n");
        trip.deliver();
        return trip;
    }

    private static void change(RoundTrip trip) throws IOException {
        trip.guest.write("a", "1 guest\n2\n3\n4\n5\n6\n7\n8\n9\n");
        trip.guest.write("new/deep/file", "new\n");
        Files.delete(trip.guest.repo().resolve("gone"));
        trip.guest.run("rm", "-r", "replaced");
        trip.guest.write("replaced", "a file\n");
        Files.createSymbolicLink(trip.guest.repo().resolve("link"), Path.of("dir/b"));
        trip.guest.run("chmod", "+x", "dir/b");
    }

    /** Every file with what it holds and is, git's own included but for what apply may leave there. */
    static String snapshot(Path repo) throws IOException {
        var lines = new TreeMap<String, String>();
        try (var all = Files.walk(repo)) {
            for (var file : all.toList()) {
                var name = repo.relativize(file).toString();
                if (name.matches("[.]git/(modules/.*/)?objects(/.*)?") || name.startsWith(".git/banger")) continue;
                var type = Files.isSymbolicLink(file)
                        ? "link " + Files.readSymbolicLink(file)
                        : Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)
                                ? "directory"
                                : new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1)
                                        + Files.getLastModifiedTime(file)
                                        + Files.getPosixFilePermissions(file);
                lines.put(name, type);
            }
        }
        return lines.toString();
    }

    @Test
    void changesComeOntoTheFilesAsTheyAreNow() throws IOException {
        var trip = trip();
        change(trip);
        trip.write("a", "1\n2\n3\n4\n5\n6\n7\n8\n9 host\n");
        var index = Files.readAllBytes(trip.repo.resolve(".git/index"));
        var apply = new ApplyPull(trip.repository(), Whole.of(trip.collect()));
        var plan = apply.plan();
        assertThat(plan.conflicts()).isEmpty();
        apply.write(plan, n -> {});
        assertThat(trip.repo.resolve("a")).hasContent("1 guest\n2\n3\n4\n5\n6\n7\n8\n9 host");
        assertThat(trip.repo.resolve("new/deep/file")).hasContent("new");
        assertThat(trip.repo.resolve("gone")).doesNotExist();
        assertThat(trip.repo.resolve("replaced")).hasContent("a file");
        assertThat(Files.readSymbolicLink(trip.repo.resolve("link"))).isEqualTo(Path.of("dir/b"));
        assertThat(trip.repo.resolve("dir/b")).isExecutable().hasContent("b, edited on the host and delivered");
        assertThat(Files.readAllBytes(trip.repo.resolve(".git/index"))).isEqualTo(index);
        try (var left = Files.list(trip.repo.resolve(".git/banger"))) {
            assertThat(left)
                    .extracting(Path::getFileName)
                    .extracting(Path::toString)
                    .containsExactly("lock");
        }
        assertThat(new ApplyPull(trip.repository(), Whole.of(trip.collect()))
                        .plan()
                        .changes())
                .isEmpty();
    }

    @Test
    void aConflictIsNamedAndNothingIsWritten() throws IOException {
        var trip = trip();
        change(trip);
        trip.write("a", "1 host\n2\n3\n4\n5\n6\n7\n8\n9\n");
        var before = snapshot(trip.repo);
        var plan = new ApplyPull(trip.repository(), Whole.of(trip.collect())).plan();
        assertThat(plan.conflicts()).containsExactly(RepoPath.of("a"));
        assertThat(plan.changes()).isEmpty();
        assertThat(snapshot(trip.repo)).isEqualTo(before);
    }

    @Test
    void aFileOfTheHostsOwnInTheWayIsAConflict() throws IOException {
        var trip = trip();
        change(trip);
        trip.write("new/deep/file", "the host has one too\n");
        assertThat(new ApplyPull(trip.repository(), Whole.of(trip.collect()))
                        .plan()
                        .conflicts())
                .containsExactly(RepoPath.of("new/deep/file"));
        Files.delete(trip.repo.resolve("new/deep/file"));
        Files.delete(trip.repo.resolve("new/deep"));
        trip.write("new/deep", "a file where the guest has a directory\n");
        assertThat(new ApplyPull(trip.repository(), Whole.of(trip.collect()))
                        .plan()
                        .conflicts())
                .isNotEmpty();
    }

    @Test
    void whatChangesMeanwhileStopsItAndAllIsTakenBack() throws IOException {
        var trip = trip();
        change(trip);
        var apply = new ApplyPull(trip.repository(), Whole.of(trip.collect()));
        var plan = apply.plan();
        trip.write("dir/b", "meanwhile\n");
        var before = snapshot(trip.repo);
        assertThatThrownBy(() -> apply.write(plan, n -> {})).hasMessageContaining("dir/b changed while");
        assertThat(snapshot(trip.repo)).isEqualTo(before);
    }

    @Test
    void aFailureAtEveryStepLeavesAllOrNothing() throws IOException {
        var trip = trip();
        change(trip);
        var before = snapshot(trip.repo);
        for (int at = 0; ; at++) {
            int stop = at;
            var apply = new ApplyPull(trip.repository(), Whole.of(trip.collect()));
            var plan = apply.plan();
            try {
                apply.write(plan, n -> {
                    if (n == stop) throw new IllegalStateException("stopped at " + n);
                });
                assertThat(at).isGreaterThan(6);
                return;
            } catch (IllegalStateException e) {
                if (trip.repo.resolve("new/deep/file").toFile().exists()) return; // it was complete
                assertThat(snapshot(trip.repo)).as("step " + at).isEqualTo(before);
            }
        }
    }

    @Test
    void linksThatLeadOutAndNamesLikeGitsAreRefused() throws IOException {
        var trip = trip();
        Files.createSymbolicLink(trip.guest.repo().resolve("out"), Path.of("../../../etc/passwd"));
        Files.createSymbolicLink(trip.guest.repo().resolve("absolute"), Path.of("/etc/passwd"));
        assertThatThrownBy(() -> new ApplyPull(trip.repository(), Whole.of(trip.collect())).plan())
                .hasMessage("2 changes of the guest's may not go into a work tree");
    }

    /** Git drops them without a word, where it protects other systems: here they are shown, and count as work. */
    @Test
    void namesThatSomeSystemTakesForGitsAreShownAndRefused() throws IOException {
        var trip = trip();
        trip.guest.write("GIT~1/config", "x\n");
        trip.guest.write("dir/.git /config", "x\n");
        trip.guest.write("dir/.g\u200cit/config", "x\n");
        var work = Work.collect(trip.guest, List.of(trip.delivered()));
        assertThat(work.changes()).hasSize(3).allMatch(c -> c.letter() == 'A');
        assertThat(Unpulled.ask(trip.guest, trip.delivered()).lines()).hasSize(3);
        var before = snapshot(trip.repo);
        assertThatThrownBy(() -> work.apply(trip.repository(), true, false))
                .hasMessage("3 changes of the guest's may not go into a work tree");
        assertThatThrownBy(() -> work.branch(trip.repository(), new BranchWish("work", false, false, false)))
                .hasMessage("3 changes of the guest's may not go into a commit");
        assertThat(snapshot(trip.repo)).isEqualTo(before);
        var rescue = Rescue.save(trip.guest, trip.delivered(), dir.resolve("rescue"), Instant.EPOCH);
        assertThat(rescue.orElseThrow().patch()).content().contains("+++ b/GIT~1/config");
    }

    @Test
    void aLinkOfTheHostsIsNotFollowed() throws IOException {
        var trip = trip();
        trip.guest.write("dir/b", "guest\n");
        var outside = Files.createDirectories(dir.resolve("outside"));
        Files.writeString(outside.resolve("b"), "outside\n");
        trip.host("rm", "-r", "dir");
        Files.createSymbolicLink(trip.repo.resolve("dir"), outside);
        assertThat(new ApplyPull(trip.repository(), Whole.of(trip.collect()))
                        .plan()
                        .conflicts())
                .isNotEmpty();
        assertThat(outside.resolve("b")).hasContent("outside");
    }
}
