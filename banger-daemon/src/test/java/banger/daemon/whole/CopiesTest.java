package banger.daemon.whole;

import static org.assertj.core.api.Assertions.assertThat;

import banger.api.ErrorCode;
import banger.api.http.Duplex;
import banger.api.model.VmInfo;
import banger.daemon.engine.MachineExit.Cause;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

/** VMs that are copied while they run, and what goes wrong meanwhile. */
class CopiesTest extends WholeDaemon {
    private boolean copying() {
        return Files.exists(daemon.layout().vms().resolve(show("box").id()).resolve("captured/state"));
    }

    private void nothingOfACopyIsLeft() throws IOException {
        assertThat(list()).extracting(VmInfo::name).containsExactly("box");
        assertThat(daemon.layout().vms().resolve(show("box").id()).resolve("captured"))
                .doesNotExist();
        var snapshots = daemon.layout().snapshots().resolve(show("box").id());
        if (Files.exists(snapshots)) assertThat(snapshots).isEmptyDirectory();
    }

    private void itGoesOn(Duplex session) throws IOException {
        assertThat(show("box").state()).isEqualTo("running");
        session.out().write(new byte[] {0, 0, 0, 1, 'x'});
        assertThat(session.in().readNBytes(5)).containsExactly(1, 0, 0, 1, 'x');
    }

    @Test
    void copiesRunBesideIt() throws IOException {
        boot("box");
        assertThat(fork(2)).extracting(VmInfo::name).containsExactly("copy-1", "copy-2");
        assertThat(list()).extracting(VmInfo::state).containsOnly("running");
        assertThat(snapshot("asked", true).memory()).isTrue();
        exec("cat").close();
    }

    @Test
    void whoeverAsksAndGoesAwayLeavesItAsItWas() throws IOException {
        boot("box");
        var gate = new CompletableFuture<Void>();
        guest("box").copiesWhen(gate);
        try (var session = exec("cat")) {
            for (int i = 0; i < 3; i++) {
                try (var client = Duplex.connect(daemon.layout().socket())) {
                    client.out()
                            .write(("POST /v1/vms/box/fork HTTP/1.1\r\nContent-Length: 37\r\n\r\n"
                                            + "{\"count\":1,\"name\":\"copy\",\"nat\":false}")
                                    .getBytes(StandardCharsets.UTF_8));
                    until(this::copying);
                }
                until(daemon::idle);
                nothingOfACopyIsLeft();
                itGoesOn(session);
            }
        }
        gate.complete(null);
        fork(1);
    }

    @Test
    void aDiskThatIsFullMeanwhileIsAnErrorAndItGoesOn() throws IOException {
        boot("box");
        guest("box").copiesWhen(CompletableFuture.failedFuture(new IOException("full")));
        try (var session = exec("cat")) {
            fails(
                    () -> snapshot("asked", true),
                    ErrorCode.HOST_DISK_FULL,
                    "vm box: could not be copied: No space left");
            nothingOfACopyIsLeft();
            itGoesOn(session);
        }
    }

    @Test
    void whenItEndsMeanwhileThatIsSaidAndNothingIsLeft() throws Exception {
        boot("box");
        guest("box").copiesWhen(new CompletableFuture<>());
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var copying = threads.submit(() -> snapshot("asked", true));
            until(this::copying);
            guest("box").end(Cause.KILLED, "signal 9");
            fails(() -> throwing(copying::get), ErrorCode.VM_SAVE_FAILED, "vm box: could not be copied: it ended");
        }
        awaitState("box", "error");
        nothingOfACopyIsLeft();
    }

    private interface Call {
        void run() throws Exception;
    }

    private static void throwing(Call call) throws Throwable {
        try {
            call.run();
        } catch (java.util.concurrent.ExecutionException e) {
            throw e.getCause();
        }
    }
}
