package banger.workspace.out;

import static org.assertj.core.api.Assertions.assertThat;

import banger.workspace.WorkspaceDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RescueTest {
    private static final Instant NOW = Instant.parse("2026-11-23T21:00:00.5Z");

    @TempDir
    Path dir;

    private RoundTrip trip() throws IOException {
        var trip = new RoundTrip(dir);
        trip.write("a", "one\n");
        trip.write(".gitignore", "*.o\n");
        trip.commit("first");
        trip.deliver();
        return trip;
    }

    @Test
    void everythingComesBackByOneFetch() throws IOException {
        var trip = trip();
        trip.guest.write("a", "stashed\n");
        trip.guest.run("git", "stash", "-q");
        trip.guest.write("a", "stashed too\n");
        trip.guest.run("git", "stash", "-q");
        trip.guest.run("git", "checkout", "-q", "-b", "side");
        trip.guest.write("a", "side\n");
        trip.guest.run("git", "commit", "-qam", "on the side");
        trip.guest.run("git", "checkout", "-q", "main");
        trip.guest.write("new", "not committed\n");
        var rescue = Rescue.save(trip.guest, trip.delivered(), dir.resolve("rescue"), NOW)
                .orElseThrow();
        assertThat(rescue.bundle()).hasFileName("box-20261123T210000.bundle");
        assertThat(rescue.lines()).contains("A new").anyMatch(l -> l.endsWith(" side"));
        trip.host("sh", "-c", rescue.commands("box").getFirst());
        assertThat(trip.host("git", "for-each-ref", "--format=%(refname)", "refs/heads/rescued")
                        .lines())
                .containsExactlyInAnyOrder(
                        "refs/heads/rescued/box/heads/side",
                        "refs/heads/rescued/box/stash-0",
                        "refs/heads/rescued/box/stash-1",
                        "refs/heads/rescued/box/uncommitted");
        assertThat(trip.host("git", "show", "rescued/box/uncommitted:new")).isEqualTo("not committed\n");
        assertThat(trip.host("git", "show", "rescued/box/stash-1:a")).isEqualTo("stashed\n");
        trip.host("git", "apply", "--check", rescue.patch().toString());
    }

    @Test
    void nothingChangedAndIgnoredFilesAreNothingToSave() throws IOException {
        var trip = trip();
        trip.guest.write("x.o", "ignored\n");
        assertThat(Unpulled.ask(trip.guest, trip.delivered()).unpulled()).isFalse();
        assertThat(Rescue.save(trip.guest, trip.delivered(), dir.resolve("rescue"), NOW))
                .isEmpty();
        assertThat(dir.resolve("rescue")).doesNotExist();
    }

    @Test
    void whatWasPulledIsNotUnpulledUntilItChangesAgain() throws IOException {
        var trip = trip();
        trip.guest.write("a", "two\n");
        trip.guest.run("git", "commit", "-qam", "second");
        trip.guest.write("a", "three\n");
        assertThat(Unpulled.ask(trip.guest, trip.delivered()).lines()).hasSize(2);
        Work.collect(trip.guest, List.of(trip.delivered())).patchTo(dir.resolve("x.patch"));
        assertThat(Unpulled.ask(trip.guest, trip.delivered()).lines())
                .singleElement()
                .asString()
                .endsWith(" main");
        Work.collect(trip.guest, List.of(trip.delivered()))
                .branch(trip.repository(), new BranchWish("work", false, false, false));
        assertThat(Unpulled.ask(trip.guest, trip.delivered()).lines()).isEmpty();
        assertThat(Work.collect(trip.guest, List.of(trip.delivered())).pulledBefore())
                .isTrue();
        trip.guest.write("a", "four\n");
        assertThat(Work.collect(trip.guest, List.of(trip.delivered())).pulledBefore())
                .isFalse();
        assertThat(Unpulled.ask(trip.guest, trip.delivered()).lines()).containsExactly("M a");
    }

    @Test
    void whatIsStagedComesBackAsGitStashHasIt() throws IOException {
        var trip = trip();
        trip.guest.write("a", "staged\n");
        trip.guest.write("staged only", "gone from the disk\n");
        trip.guest.run("git", "add", "a", "staged only");
        Files.delete(trip.guest.repo().resolve("staged only"));
        trip.guest.write("a", "on the disk\n");
        trip.guest.write("meant", "to be added\n");
        trip.guest.run("git", "add", "-N", "meant");
        for (var one : List.of("with git", "without")) {
            if (one.equals("without")) trip.guest.hasNoGit();
            var rescue = Rescue.save(trip.guest, trip.delivered(), dir.resolve("rescue"), NOW)
                    .orElseThrow();
            trip.host("sh", "-c", rescue.commands("box").getFirst());
            assertThat(trip.host("git", "show", "rescued/box/uncommitted^2:a")).isEqualTo("staged\n");
            assertThat(trip.host("git", "show", "rescued/box/uncommitted^2:staged only"))
                    .isEqualTo("gone from the disk\n");
            assertThat(trip.host("git", "show", "rescued/box/uncommitted:a")).isEqualTo("on the disk\n");
            trip.host("git", "fsck", "--strict");
            trip.host("git", "stash", "apply", "--index", "rescued/box/uncommitted");
            assertThat(trip.host("git", "diff", "--cached", "--name-only")).isEqualTo("a\nmeant\nstaged only\n");
            trip.host("git", "reset", "-q", "--hard");
            trip.host("git", "branch", "-q", "-D", "rescued/box/uncommitted");
        }
    }

    @Test
    void twoOfOneSecondAreTwo() throws IOException {
        var trip = trip();
        trip.guest.write("a", "two\n");
        var first = Rescue.save(trip.guest, trip.delivered(), dir.resolve("rescue"), NOW)
                .orElseThrow();
        var second = Rescue.save(trip.guest, trip.delivered(), dir.resolve("rescue"), NOW)
                .orElseThrow();
        assertThat(second.bundle()).hasFileName("box-20261123T210000-2.bundle");
        assertThat(first.bundle()).exists().isNotEqualTo(second.bundle());
        assertThat(first.patch()).exists().isNotEqualTo(second.patch());
    }

    @Test
    void repositoriesInsideComeBackWhole() throws IOException {
        var trip = trip();
        var inner = Files.createDirectories(trip.guest.repo().resolve("some where/inner"));
        HostAgent.Programs.run(inner, "git", "init", "-q", "-b", "main");
        var longName = "long-".repeat(40) + "name";
        Files.writeString(inner.resolve(longName), "long\n");
        HostAgent.Programs.run(inner, "git", "add", "-A");
        HostAgent.Programs.run(inner, "git", "commit", "-qm", "inside");
        HostAgent.Programs.run(inner, "git", "gc", "-q");
        Files.writeString(inner.resolve("x.o"), "ignored outside\n");
        Files.createDirectories(inner.resolve("empty"));
        Files.createSymbolicLink(inner.resolve("link"), Path.of("/etc/passwd"));
        HostAgent.Programs.run(inner, "git", "init", "-q", "innermost");
        var rescue = Rescue.save(trip.guest, trip.delivered(), dir.resolve("rescue"), NOW)
                .orElseThrow();
        assertThat(rescue.lines()).containsExactly("some where/inner/ (a repository of its own)");
        for (var command : rescue.commands("box")) trip.host("sh", "-c", command);
        var back = trip.repo.resolve("rescued-box/some where/inner");
        assertThat(HostAgent.Programs.run(dir, "diff", "-r", "--no-dereference", inner.toString(), back.toString()))
                .isEmpty();
        assertThat(HostAgent.Programs.run(back, "git", "log", "--format=%s")).isEqualTo("inside\n");
        HostAgent.Programs.run(back, "git", "fsck", "--strict");
    }

    @Test
    void whatIsWrittenDownAtStopIsForgottenAtStart() throws IOException {
        var workspace = new WorkspaceDirectory(Files.createDirectories(dir.resolve("w")));
        assertThat(Unpulled.stored(workspace)).isEmpty();
        Unpulled.store(workspace, new WorkVerdict(true, List.of("M a")));
        assertThat(Unpulled.stored(workspace)).contains(new WorkVerdict(true, List.of("M a")));
        Unpulled.forget(workspace);
        assertThat(Unpulled.stored(workspace)).isEmpty();
    }

    @Test
    void aMovedRepositoryIsNotNeeded() throws IOException {
        var trip = trip();
        trip.guest.write("a", "two\n");
        trip.guest.run("git", "commit", "-qam", "second");
        Files.move(trip.repo, dir.resolve("moved"));
        var rescue = Rescue.save(trip.guest, trip.delivered(), dir.resolve("rescue"), NOW)
                .orElseThrow();
        HostAgent.Programs.run(
                dir.resolve("moved"), "sh", "-c", rescue.commands("box").getFirst());
        assertThat(HostAgent.Programs.run(dir.resolve("moved"), "git", "show", "rescued/box/heads/main:a"))
                .isEqualTo("two\n");
    }
}
