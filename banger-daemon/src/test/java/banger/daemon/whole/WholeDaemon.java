package banger.daemon.whole;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.http.Duplex;
import banger.api.model.CreateVm;
import banger.api.model.ExecRequest;
import banger.api.model.ForkVm;
import banger.api.model.ForkedVms;
import banger.api.model.KillVm;
import banger.api.model.SnapshotInfo;
import banger.api.model.StopVm;
import banger.api.model.TakeSnapshot;
import banger.api.model.VmInfo;
import banger.daemon.engine.FakeGuest;
import banger.daemon.engine.FakeHypervisor;
import io.avaje.jsonb.Jsonb;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BooleanSupplier;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A whole daemon behind its real API, with made-up machines; nothing of a VM is left after a test. */
@Timeout(60)
abstract class WholeDaemon {
    @TempDir
    static Path blanks;

    @TempDir
    Path home;

    final FakeHypervisor engine = new FakeHypervisor();
    final ConcurrentLinkedQueue<String> said = new ConcurrentLinkedQueue<>();
    Whole daemon;

    @BeforeEach
    void start() throws IOException {
        daemon = new Whole(home, blanks, engine);
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        for (var vm : list()) delete(vm.name());
        until(daemon::idle);
        assertThat(engine.running()).isZero();
        assertThat(daemon.network.attached).isEmpty();
        for (var directory : List.of(
                daemon.layout().vms(), daemon.layout().vmRuns(), daemon.layout().vmKeys()))
            if (Files.exists(directory)) assertThat(directory).isEmptyDirectory();
        daemon.close();
    }

    static void until(BooleanSupplier condition) {
        long end = System.nanoTime() + 20_000_000_000L;
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).isLessThan(end);
            Thread.onSpinWait();
        }
    }

    static CreateVm request(@Nullable String name, boolean start, boolean remove) {
        return new CreateVm(name, null, null, null, null, null, false, null, start, false, remove, null, null);
    }

    final VmInfo create(CreateVm request) {
        return daemon.client()
                .operation("POST", "/v1/vms", CreateVm.class, request, VmInfo.class, e -> said.add("" + e.text()));
    }

    final VmInfo boot(String name) {
        return create(request(name, true, false));
    }

    final VmInfo start(String name) {
        return daemon.client().operation("POST", "/v1/vms/" + name + "/start", VmInfo.class, e -> {});
    }

    final VmInfo stop(String name) {
        return daemon.client()
                .operation(
                        "POST",
                        "/v1/vms/" + name + "/stop",
                        StopVm.class,
                        new StopVm(false),
                        VmInfo.class,
                        e -> said.add("" + e.text()));
    }

    /** Copies of {@code box}: {@code copy}, or {@code copy-1} and so on. */
    final List<VmInfo> fork(int count) {
        return daemon.client()
                .operation(
                        "POST",
                        "/v1/vms/box/fork",
                        ForkVm.class,
                        new ForkVm(count, "copy", false),
                        ForkedVms.class,
                        e -> said.add("" + e.text()))
                .vms();
    }

    /** Of {@code box}. */
    final SnapshotInfo snapshot(String kind, boolean memory) {
        return daemon.client()
                .operation(
                        "POST",
                        "/v1/vms/box/snapshots",
                        TakeSnapshot.class,
                        new TakeSnapshot(kind, "", memory),
                        SnapshotInfo.class,
                        e -> said.add("" + e.text()));
    }

    final void restore(int number) {
        daemon.client().operation("POST", "/v1/vms/box/snapshots/" + number + "/restore", VmInfo.class, e -> {});
    }

    final void delete(String name) {
        daemon.client().operation("DELETE", "/v1/vms/" + name, VmInfo.class, e -> {});
    }

    final VmInfo show(String name) {
        return daemon.client().get("/v1/vms/" + name, VmInfo.class);
    }

    final List<VmInfo> list() {
        return daemon.client().list("/v1/vms", VmInfo.class);
    }

    final FakeGuest guest(String name) {
        return engine.guest(name).orElseThrow();
    }

    static void fails(ThrowingCallable call, ErrorCode code, String fact) {
        assertThatThrownBy(call).isInstanceOfSatisfying(BangerException.class, e -> {
            assertThat(e.code()).isEqualTo(code);
            assertThat(e.fact()).contains(fact);
        });
    }

    final void awaitState(String name, String state) {
        until(() -> show(name).state().equals(state));
    }

    final Duplex exec(String... words) {
        var argv = List.of(words).stream()
                .map(w -> (w + "\0").getBytes(StandardCharsets.UTF_8))
                .toList();
        var body = Jsonb.instance()
                .type(ExecRequest.class)
                .toJson(new ExecRequest(argv, null, null, List.of(), null, false));
        return daemon.client().upgrade("/v1/vms/box/exec", body);
    }

    final void kill(String signal) {
        daemon.client().operation("POST", "/v1/vms/box/kill", KillVm.class, new KillVm(signal), VmInfo.class, e -> {});
    }
}
