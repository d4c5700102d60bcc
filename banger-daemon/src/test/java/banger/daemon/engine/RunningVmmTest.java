package banger.daemon.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class RunningVmmTest {
    private static final String SOCKET = "x.sock";

    @TempDir
    Path directory;

    private final RunningVmm.Ties ties = new RunningVmm.Ties() {
        @Override
        public MachineExit exit(String how) {
            return new MachineExit(MachineExit.Cause.FAILED, how);
        }

        @Override
        public void cut() {}
    };

    /** Its watcher notices the end a moment after the kill has returned, when the next start may be under way. */
    @RepeatedTest(20)
    void onceItIsKilledNothingOfTheNextOneIsRemoved() throws Exception {
        var process = new ProcessBuilder("sleep", "60").start();
        var reference = ProcessRef.of(process.pid()).orElseThrow();
        var started = new Shim.Started(new ProcessRef(reference.pid(), 0), reference, "off");
        var vmm = new Vmm("box", "It", directory, List.of(SOCKET), Duration.ofSeconds(1), Optional.empty());
        var running = new RunningVmm(vmm, MachineRef.started(started, "it", "off", "this"), ties);
        var watcher = Thread.ofVirtual().start(running::broke);
        running.kill();
        Files.createFile(directory.resolve(SOCKET));
        assertThat(watcher.join(Duration.ofSeconds(30))).isTrue();
        assertThat(directory.resolve(SOCKET)).exists();
        assertThat(running.exit().get(10, TimeUnit.SECONDS).cause()).isEqualTo(MachineExit.Cause.KILLED);
        Files.delete(directory.resolve(SOCKET));
    }
}
