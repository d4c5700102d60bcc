package banger.daemon.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Layout;
import banger.api.VmName;
import banger.daemon.engine.Machine;
import banger.daemon.engine.MachineExit;
import banger.daemon.engine.MachineRef;
import banger.daemon.guest.Control;
import banger.daemon.guest.GuestChannel;
import banger.daemon.guest.Sleep;
import banger.daemon.progress.Progress;
import banger.workspace.GuestPath;
import banger.workspace.WorkspaceDirectory;
import banger.workspace.WorkspaceRecord;
import banger.workspace.git.Git;
import banger.workspace.git.HostRepository;
import banger.workspace.git.Shadow;
import banger.workspace.out.Unpulled;
import banger.workspace.out.WorkVerdict;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which VMs may go, by what is known of their work: real shadow repositories, and a guest that cannot be reached. */
class UnpulledWorkTest {
    private static final Map<String, String> ENVIRONMENT =
            Map.of("PATH", "/usr/bin:/bin", "GIT_CONFIG_GLOBAL", "/dev/null");
    private static final VmId ID = new VmId("0123456789ab");
    private static final WorkVerdict WORK = new WorkVerdict(true, List.of("M src/Main.java"));

    @TempDir
    Path home;

    private Layout layout;
    private UnpulledWork work;

    @BeforeEach
    void begin() {
        layout = Layout.of(Map.of("BANGER_HOME", home.toString()), home);
        work = new UnpulledWork(layout, Duration.ofMillis(500));
    }

    private static Vm vm() {
        return VmDisksTest.vm(ID.value(), 0, 0);
    }

    /** A workspace as a prepare leaves it. */
    private WorkspaceDirectory workspace(String path) {
        var place = home.resolve("repo");
        Git.user(ENVIRONMENT, home).need("init", "-q", place.toString());
        var host = HostRepository.discover(ENVIRONMENT, place);
        var directory = WorkspaceDirectory.of(layout, ID.value(), new GuestPath(path));
        directory.make();
        var shadow = Shadow.create(ENVIRONMENT, directory.shadow(), host);
        var top = place.toString().getBytes(StandardCharsets.UTF_8);
        directory.save(new WorkspaceRecord(
                ID.value(),
                path,
                top,
                top,
                top,
                "",
                "main",
                "main",
                "sha1",
                shadow.git().need("mktree").text(),
                List.of(),
                List.of(),
                "00",
                "2026-01-01T00:00:00Z",
                "tracked",
                false,
                false,
                "",
                List.of()));
        return directory;
    }

    private static void refused(String fact, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(BangerException.class, e -> {
                    assertThat(e.code()).isEqualTo(ErrorCode.WORKSPACE_UNPULLED);
                    assertThat(e.remedies()).anyMatch(r -> r.contains("--discard box"));
                })
                .hasMessageContaining(fact);
    }

    @Test
    void aVmWithoutAWorkspaceGoes() {
        work.refuse(vm(), Optional.empty());
        work.rescue(vm(), Optional.empty(), Progress.NONE);
        assertThat(work.mayGo(vm())).isTrue();
    }

    @Test
    void aPrepareThatNeverWentThroughHoldsNothing() {
        WorkspaceDirectory.of(layout, ID.value(), GuestPath.DEFAULT).make();
        work.refuse(vm(), Optional.empty());
        assertThat(work.mayGo(vm())).isTrue();
    }

    @Test
    void whatWasToldAtTheStopDecides() {
        var directory = workspace("/root/repo");
        Unpulled.store(directory, WorkVerdict.NOTHING);
        work.refuse(vm(), Optional.empty());
        work.rescue(vm(), Optional.empty(), Progress.NONE);
        assertThat(work.mayGo(vm())).isTrue();

        Unpulled.store(directory, WORK);
        refused("holds work that was never pulled", () -> work.refuse(vm(), Optional.empty()));
        refused(
                "kept, for work in it could not be saved: it does not run",
                () -> work.rescue(vm(), Optional.empty(), Progress.NONE));
        assertThat(work.mayGo(vm())).isFalse();
    }

    /** Killed, or it ended by itself, or it ran on after it was asked. */
    @Test
    void notAskedCountsAsWork() {
        var directory = workspace("/root/repo");
        refused("was not asked when it ended", () -> work.refuse(vm(), Optional.empty()));
        assertThat(work.mayGo(vm())).isFalse();
        Unpulled.store(directory, WorkVerdict.NOTHING);
        work.willRun(vm());
        refused("was not asked when it ended", () -> work.refuse(vm(), Optional.empty()));
        assertThat(work.mayGo(vm())).isFalse();
    }

    @Test
    void oneWorkspaceOfSeveralIsEnough() {
        Unpulled.store(workspace("/root/repo"), WorkVerdict.NOTHING);
        Unpulled.store(workspace("/srv/other"), WORK);
        refused("holds work", () -> work.refuse(vm(), Optional.empty()));
        assertThat(work.mayGo(vm())).isFalse();
    }

    @Test
    void aGuestThatCannotBeAskedIsNeitherDeletedNorWrittenDownAsEmpty() {
        var directory = workspace("/root/repo");
        var running = new RunningVm(ID, new VmName("box"), "cold");
        running.machine(new Unreachable());
        refused("may hold work that was never pulled", () -> work.refuse(vm(), Optional.of(running)));
        refused(
                "kept, for work in it could not be saved",
                () -> work.rescue(vm(), Optional.of(running), Progress.NONE));
        work.look(vm(), running, Progress.NONE);
        assertThat(Unpulled.stored(directory)).isEmpty();
    }

    /** A machine whose guest takes no streams. */
    private record Unreachable() implements Machine {
        @Override
        public GuestChannel streams() {
            return new GuestChannel() {
                @Override
                public banger.api.http.Duplex open() throws IOException {
                    throw new IOException("nobody there");
                }

                @Override
                public void close() {}
            };
        }

        @Override
        public MachineRef ref() {
            throw new UnsupportedOperationException();
        }

        @Override
        public Control control() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void pause() {}

        @Override
        public void whenStarved(Runnable listener) {}

        @Override
        public void unpause() {}

        @Override
        public void save(Path directory) {}

        @Override
        public void wake(Sleep.Kind kind) {}

        @Override
        public CompletableFuture<MachineExit> exit() {
            return new CompletableFuture<>();
        }

        @Override
        public void kill() {}

        @Override
        public void release() {}
    }
}
