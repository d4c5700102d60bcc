package banger.daemon.whole;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.http.Duplex;
import banger.api.model.CreateVm;
import banger.api.model.SetVm;
import banger.api.model.VmInfo;
import banger.daemon.engine.FakeHypervisor.Boot;
import banger.daemon.engine.MachineExit.Cause;
import io.avaje.jsonb.Jsonb;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** The rules of a VM's life through the real API, lifecycle and store, with made-up machines. */
class WholeDaemonTest extends WholeDaemon {
    @Test
    void aLifeFromCreateToDelete() {
        assertThat(boot("box").state()).isEqualTo("running");
        assertThat(said).anyMatch(s -> s.startsWith("ready in ")).anyMatch(s -> s.startsWith("spec: 1 vcpu | 256 MiB"));
        assertThat(stop("box").state()).isEqualTo("stopped");
        assertThat(engine.running()).isZero();
        assertThat(stop("box").state()).isEqualTo("stopped");
        assertThat(start("box").state()).isEqualTo("running");
        assertThat(start("box").state()).isEqualTo("running");
        assertThat(engine.boots()).isEqualTo(2);
        delete("box");
        assertThat(list()).isEmpty();
        fails(() -> delete("box"), ErrorCode.VM_NOT_FOUND, "no VM named box");
    }

    @Test
    void aCommandsFramesPassBothWays() throws IOException {
        boot("box");
        try (var stream = exec("cat")) {
            stream.out().write(new byte[] {0, 0, 0, 2, 'h', 'i', 0, 0, 0, 0});
            var in = new DataInputStream(stream.in());
            assertThat(in.readNBytes(6)).containsExactly(1, 0, 0, 2, 'h', 'i');
            assertThat(in.readNBytes(5)).containsExactly(5, 0, 0, 1, 0);
        }
        try (var stream = exec("exit", "7")) {
            assertThat(stream.in().readNBytes(5)).containsExactly(5, 0, 0, 1, 7);
        }
        stop("box");
        fails(() -> exec("cat"), ErrorCode.VM_NOT_RUNNING, "vm box: is not running (stopped)");
    }

    @Test
    void aNameIsTakenOnceHoweverManyAskAtOnce() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var tries = new ArrayList<Future<VmInfo>>();
            for (int i = 0; i < 10; i++) tries.add(threads.submit(() -> boot("one")));
            int made = 0;
            for (var attempt : tries) {
                try {
                    attempt.get();
                    made++;
                } catch (java.util.concurrent.ExecutionException e) {
                    assertThat(e.getCause())
                            .isInstanceOfSatisfying(
                                    BangerException.class,
                                    told -> assertThat(told.code()).isEqualTo(ErrorCode.VM_EXISTS));
                }
            }
            assertThat(made).isEqualTo(1);
        }
        assertThat(engine.boots()).isEqualTo(1);
    }

    @Test
    void manyAtOnceGetNamesAndAddressesOfTheirOwn() throws Exception {
        var names = new HashSet<String>();
        var addresses = new HashSet<String>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var all = new ArrayList<Future<VmInfo>>();
            for (int i = 0; i < 20; i++) all.add(threads.submit(() -> create(request(null, true, false))));
            for (var one : all) {
                names.add(one.get().name());
                addresses.add(one.get().address());
            }
        }
        assertThat(names).hasSize(20);
        assertThat(addresses).hasSize(20);
        assertThat(engine.running()).isEqualTo(20);
    }

    @Test
    void aClientThatGoesAwayCancelsACreateAndNothingIsLeft() throws IOException {
        engine.plan(Boot.SILENT);
        try (var connection = Duplex.connect(daemon.layout().socket())) {
            var body = Jsonb.instance().type(CreateVm.class).toJson(request("cut", true, false));
            connection
                    .out()
                    .write(("POST /v1/vms HTTP/1.1\r\nContent-Length: " + body.length() + "\r\n\r\n" + body)
                            .getBytes(StandardCharsets.UTF_8));
            until(() -> engine.guest("cut").isPresent());
        }
        until(daemon::idle);
        assertThat(list()).isEmpty();
        assertThat(engine.running()).isZero();
        // The name is free again.
        boot("cut");
    }

    /** Whatever is being written or waited for at that moment. */
    @Test
    void aStartCancelledAtAnyMomentLeavesTheVmStoppedOrRunning() throws IOException {
        create(request("box", false, false));
        for (int micros = 0; micros < 8_000; micros += 100) {
            try (var connection = Duplex.connect(daemon.layout().socket())) {
                connection
                        .out()
                        .write("POST /v1/vms/box/start HTTP/1.1\r\nContent-Length: 0\r\n\r\n"
                                .getBytes(StandardCharsets.UTF_8));
                LockSupport.parkNanos(micros * 1_000L);
            }
            until(daemon::idle);
            assertThat(show("box").state())
                    .as("after " + micros + " µs: " + show("box"))
                    .isIn("created", "stopped", "running");
            if (show("box").state().equals("running")) kill("KILL");
            assertThat(engine.running()).isZero();
        }
    }

    @Test
    void aStopGoesOnWhenItsClientGoesAway() throws IOException {
        boot("box");
        var gate = new CompletableFuture<Void>();
        guest("box").syncsWhen(gate);
        try (var connection = Duplex.connect(daemon.layout().socket())) {
            connection
                    .out()
                    .write("POST /v1/vms/box/stop HTTP/1.1\r\nContent-Length: 18\r\n\r\n{\"graceful\":false}"
                            .getBytes(StandardCharsets.UTF_8));
            until(() -> show("box").state().equals("stopping"));
        }
        gate.complete(null);
        awaitState("box", "stopped");
        until(daemon::idle);
    }

    @Test
    void aHungGuestIsStoppedAllTheSameAndThatIsSaid() {
        boot("box");
        guest("box").hang();
        long began = System.nanoTime();
        assertThat(stop("box").state()).isEqualTo("stopped");
        assertThat((System.nanoTime() - began) / 1_000_000).isBetween(1_900L, 2_500L);
        assertThat(said).anyMatch(s -> s.contains("its agent did not answer, so nothing was synced"));
    }

    @Test
    void aVmmThatRefusesLeavesNothingOfANewVmAndAnErrorOfAnOldOne() {
        engine.plan(Boot.REFUSED, Boot.REFUSED);
        fails(() -> boot("box"), ErrorCode.VM_START_FAILED, "no luck");
        assertThat(list()).isEmpty();
        create(request("box", false, false));
        fails(() -> start("box"), ErrorCode.VM_START_FAILED, "no luck");
        assertThat(show("box").state()).isEqualTo("error");
        assertThat(show("box").lastError()).contains("no luck");
        assertThat(start("box").lastError()).isEmpty();
    }

    @Test
    void aGuestThatDoesNotComeUpIsKeptForALook() {
        engine.plan(Boot.SILENT, Boot.FAILS, Boot.DIES);
        fails(() -> boot("box"), ErrorCode.VM_NOT_READY, "the guest did not come up within 0 s");
        assertThat(show("box").state()).isEqualTo("error");
        fails(() -> start("box"), ErrorCode.VM_NOT_READY, "vdb: no file system");
        fails(() -> start("box"), ErrorCode.VM_NOT_READY, "out of paper");
        assertThat(engine.running()).isZero();
        assertThat(start("box").state()).isEqualTo("running");
    }

    @Test
    void withRmItIsNotKeptButItsConsoleIs() throws IOException {
        engine.plan(Boot.FAILS);
        assertThatThrownBy(() -> create(request("box", true, true)))
                .isInstanceOfSatisfying(BangerException.class, e -> {
                    assertThat(e.fact()).doesNotContain("is kept for you");
                    assertThat(e.remedies()).anyMatch(r -> r.startsWith("its console log is kept: "));
                });
        assertThat(list()).isEmpty();
    }

    @Test
    void whatTheGuestDoesToItselfShows() {
        boot("box");
        guest("box").end(Cause.POWEROFF, "status 0");
        awaitState("box", "stopped");
        start("box");
        guest("box").end(Cause.KILLED, "signal 9");
        awaitState("box", "error");
        assertThat(show("box").lastError()).isEqualTo("the VMM ended by itself (signal 9)");
        assertThat(daemon.network.attached).isEmpty();
    }

    @Test
    void aRebootIsABootAndTheFourthInAMinuteIsOneTooMany() {
        boot("box");
        for (int reboot = 1; reboot <= 3; reboot++) {
            int boots = engine.boots();
            guest("box").end(Cause.RESET, "status 0");
            until(() -> engine.boots() == boots + 1);
            awaitState("box", "running");
        }
        guest("box").end(Cause.RESET, "status 0");
        awaitState("box", "error");
        assertThat(show("box").lastError()).isEqualTo("the guest rebooted 4 times within a minute");
        assertThat(engine.boots()).isEqualTo(4);
    }

    @Test
    void deleteWaitsForAStartUnderWay() throws Exception {
        create(request("box", false, false));
        engine.plan(Boot.SILENT);
        var starting = CompletableFuture.supplyAsync(() -> {
            try {
                return start("box").state();
            } catch (BangerException e) {
                return e.code().code();
            }
        });
        until(() -> engine.guest("box").isPresent());
        delete("box");
        assertThat(starting.get()).isEqualTo("vm.not-ready");
        assertThat(list()).isEmpty();
    }

    @Test
    void sizesChangeOnlyWhileItIsStoppedAndDisksOnlyGrow() {
        boot("box");
        var bigger = new SetVm(null, 512, null, null);
        fails(() -> set(bigger), ErrorCode.VM_RUNNING, "only changes while it is stopped");
        stop("box");
        assertThat(set(bigger).memoryMib()).isEqualTo(512);
        assertThat(set(new SetVm(null, null, 128L << 20, null)).diskBytes()).isEqualTo(128L << 20);
        fails(() -> set(new SetVm(null, null, 64L << 20, null)), ErrorCode.USAGE, "a disk only grows");
        fails(() -> set(new SetVm(0, null, null, null)), ErrorCode.USAGE, "vcpu 0");
        fails(() -> set(new SetVm(null, 1, null, null)), ErrorCode.USAGE, "memory 1 MiB");
    }

    private VmInfo set(SetVm change) {
        return daemon.client().send("PATCH", "/v1/vms/box", SetVm.class, change, VmInfo.class);
    }

    @Test
    void onlyNamedSignalsAreSent() {
        boot("box");
        fails(() -> kill("STOP"), ErrorCode.USAGE, "signal STOP: must be one of TERM, KILL");
        fails(() -> kill("9; rm -rf /"), ErrorCode.USAGE, "must be one of");
        kill("KILL");
        assertThat(show("box").state()).isEqualTo("stopped");
    }
}
