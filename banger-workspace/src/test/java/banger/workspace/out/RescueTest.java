package banger.workspace.out;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.BangerException;
import banger.api.ErrorCode;
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
        trip.host("sh", "-c", rescue.command("box"));
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
        Work.collect(trip.guest, trip.delivered()).patchTo(dir.resolve("x.patch"));
        assertThat(Unpulled.ask(trip.guest, trip.delivered()).lines())
                .singleElement()
                .asString()
                .endsWith(" main");
        Work.collect(trip.guest, trip.delivered())
                .branch(trip.repository(), new Work.BranchWish("work", false, false, false));
        assertThat(Unpulled.ask(trip.guest, trip.delivered()).lines()).isEmpty();
        trip.guest.write("a", "four\n");
        assertThat(Unpulled.ask(trip.guest, trip.delivered()).lines()).containsExactly("M a");
    }

    @Test
    void aRescueThatIsNotWholeIsNone() throws IOException {
        var trip = trip();
        Files.createDirectories(trip.guest.repo().resolve("inner"));
        HostAgent.Programs.run(trip.guest.repo().resolve("inner"), "git", "init", "-q");
        assertThatThrownBy(() -> Rescue.save(trip.guest, trip.delivered(), dir.resolve("rescue"), NOW))
                .isInstanceOfSatisfying(BangerException.class, e -> {
                    assertThat(e.code()).isEqualTo(ErrorCode.WORKSPACE_UNPULLED);
                    assertThat(e.remedies()).contains("inner");
                });
        assertThat(dir.resolve("rescue")).doesNotExist();
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
        HostAgent.Programs.run(dir.resolve("moved"), "sh", "-c", rescue.command("box"));
        assertThat(HostAgent.Programs.run(dir.resolve("moved"), "git", "show", "rescued/box/heads/main:a"))
                .isEqualTo("two\n");
    }
}
