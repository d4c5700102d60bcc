package banger.daemon.whole;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.http.Duplex;
import banger.api.model.CreateVm;
import banger.api.model.ExecRequest;
import banger.api.model.KillVm;
import banger.api.model.SetVm;
import banger.api.model.StopVm;
import banger.api.model.VmInfo;
import banger.daemon.engine.FakeGuest;
import banger.daemon.engine.FakeHypervisor;
import banger.daemon.engine.FakeHypervisor.Boot;
import banger.daemon.engine.MachineExit.Cause;
import banger.daemon.vm.VmId;
import banger.daemon.vm.VmState;
import io.avaje.jsonb.Jsonb;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The rules of a VM's life through the real API, lifecycle and store, with made-up machines. */
@Timeout(60)
class WholeDaemonTest {
    @TempDir
    static Path blanks;

    @TempDir
    Path home;

    private final FakeHypervisor engine = new FakeHypervisor();
    private final ConcurrentLinkedQueue<String> said = new ConcurrentLinkedQueue<>();
    private Whole daemon;

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

    private static void until(BooleanSupplier condition) {
        long end = System.nanoTime() + 20_000_000_000L;
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).isLessThan(end);
            Thread.onSpinWait();
        }
    }

    private static CreateVm request(@Nullable String name, boolean start, boolean remove) {
        return new CreateVm(name, null, null, null, null, null, false, null, start, false, remove);
    }

    private VmInfo create(CreateVm request) {
        return daemon.client()
                .operation("POST", "/v1/vms", CreateVm.class, request, VmInfo.class, e -> said.add("" + e.text()));
    }

    private VmInfo boot(String name) {
        return create(request(name, true, false));
    }

    private VmInfo start(String name) {
        return daemon.client().operation("POST", "/v1/vms/" + name + "/start", VmInfo.class, e -> {});
    }

    private VmInfo stop(String name) {
        return daemon.client()
                .operation(
                        "POST",
                        "/v1/vms/" + name + "/stop",
                        StopVm.class,
                        new StopVm(false),
                        VmInfo.class,
                        e -> said.add("" + e.text()));
    }

    private void delete(String name) {
        daemon.client().operation("DELETE", "/v1/vms/" + name, VmInfo.class, e -> {});
    }

    private VmInfo show(String name) {
        return daemon.client().get("/v1/vms/" + name, VmInfo.class);
    }

    private List<VmInfo> list() {
        return daemon.client().list("/v1/vms", VmInfo.class);
    }

    private FakeGuest guest(String name) {
        return engine.guest(name).orElseThrow();
    }

    private static void fails(ThrowingCallable call, ErrorCode code, String fact) {
        assertThatThrownBy(call).isInstanceOfSatisfying(BangerException.class, e -> {
            assertThat(e.code()).isEqualTo(code);
            assertThat(e.fact()).contains(fact);
        });
    }

    private void awaitState(String name, String state) {
        until(() -> show(name).state().equals(state));
    }

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

    private Duplex exec(String... words) {
        var argv = List.of(words).stream()
                .map(w -> (w + "\0").getBytes(StandardCharsets.UTF_8))
                .toList();
        var body = Jsonb.instance()
                .type(ExecRequest.class)
                .toJson(new ExecRequest(argv, null, null, List.of(), null, false));
        return daemon.client().upgrade("/v1/vms/box/exec", body);
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

    private void kill(String signal) {
        daemon.client().operation("POST", "/v1/vms/box/kill", KillVm.class, new KillVm(signal), VmInfo.class, e -> {});
    }

    @Test
    void anotherDaemonAdoptsWhatRuns() throws IOException {
        boot("box");
        create(request("idle", false, false));
        daemon = daemon.restarted();
        assertThat(show("box").state()).isEqualTo("running");
        assertThat(show("idle").state()).isEqualTo("created");
        try (var stream = exec("exit", "3")) {
            assertThat(stream.in().readNBytes(5)).containsExactly(5, 0, 0, 1, 3);
        }
        // And it hears of its end like the first one.
        guest("box").end(Cause.POWEROFF, "status 0");
        awaitState("box", "stopped");
    }

    @Test
    void whatEndedWhileNoDaemonRanIsStopped() throws IOException {
        boot("box");
        daemon.close();
        guest("box").end(Cause.POWEROFF, "status 0");
        daemon = new Whole(home, blanks, engine);
        assertThat(show("box").state()).isEqualTo("stopped");
        assertThat(show("box").lastError()).isEqualTo("the VMM ended while no daemon ran");
    }

    @Test
    void halfDoneThingsAreUndoneOrFinishedByTheNextDaemon() throws IOException {
        for (var name : List.of("creating", "starting", "stopping", "deleting")) create(request(name, false, false));
        for (var state : List.of(VmState.CREATING, VmState.STARTING, VmState.STOPPING, VmState.DELETING))
            daemon.table.state(new VmId(show(state.word()).id()), state, "");
        daemon = daemon.restarted();
        assertThat(list()).extracting(VmInfo::name).containsExactlyInAnyOrder("starting", "stopping");
        assertThat(list()).extracting(VmInfo::state).containsOnly("stopped");
    }

    @Test
    void aVmOfAnEarlierBootOfTheHostIsStoppedAndSaysWhy() throws IOException {
        boot("box");
        var machine = daemon.layout().vmRuns().resolve(show("box").id()).resolve("machine.json");
        daemon.close();
        var json = Files.readString(machine);
        Files.writeString(machine, json.replaceFirst("\"bootId\":\"[^\"]*\"", "\"bootId\":\"another\""));
        guest("box").end(Cause.KILLED, "the host went down");
        daemon = new Whole(home, blanks, engine);
        assertThat(show("box").state()).isEqualTo("stopped");
        assertThat(show("box").lastError()).isEqualTo("stopped (host restarted)");
    }

    @Test
    void filesThatNoVmOwnsAreSweptAndOthersAreNot() throws IOException {
        create(request("box", false, false));
        daemon.close();
        var stray = Files.createDirectories(daemon.layout().vms().resolve("0123456789ab"));
        Files.writeString(stray.resolve("vdb"), "x");
        var foreign = Files.createDirectories(daemon.layout().vms().resolve("my-own-notes"));
        daemon = new Whole(home, blanks, engine);
        assertThat(stray).doesNotExist();
        assertThat(foreign).exists();
        Files.delete(foreign);
        assertThat(show("box").state()).isEqualTo("created");
    }

    private VmInfo change(String name, String what) {
        return daemon.client()
                .operation("POST", "/v1/vms/" + name + "/" + what, VmInfo.class, e -> said.add("" + e.text()));
    }

    private java.nio.file.Path saved(String name) {
        return daemon.layout().vms().resolve(show(name).id()).resolve("saved");
    }

    @Test
    void aPausedVmIsPausedEverywhereAndRunsOn() throws IOException {
        boot("box");
        assertThat(change("box", "pause").state()).isEqualTo("paused");
        assertThat(change("box", "pause").state()).isEqualTo("paused");
        fails(() -> exec("cat"), ErrorCode.VM_NOT_RUNNING, "vm box: is paused");
        daemon = daemon.restarted();
        assertThat(show("box").state()).isEqualTo("paused");
        assertThat(change("box", "resume").state()).isEqualTo("running");
        exec("cat").close();
        change("box", "pause");
        assertThat(start("box").state()).isEqualTo("running");
        change("box", "pause");
        assertThat(stop("box").state()).isEqualTo("stopped");
        fails(() -> change("box", "pause"), ErrorCode.VM_NOT_RUNNING, "is not running");
        assertThat(engine.boots()).isEqualTo(1);
    }

    @Test
    void aSuspendedVmContinuesOnce() throws IOException {
        boot("box");
        assertThat(change("box", "suspend").state()).isEqualTo("suspended");
        assertThat(engine.running()).isZero();
        assertThat(daemon.network.attached).isEmpty();
        assertThat(saved("box").resolve("manifest.json")).exists();
        fails(() -> exec("cat"), ErrorCode.VM_NOT_RUNNING, "is not running (suspended)");
        assertThat(stop("box").state()).isEqualTo("suspended");
        daemon = daemon.restarted();
        assertThat(show("box").state()).isEqualTo("suspended");
        assertThat(start("box").state()).isEqualTo("running");
        assertThat(said).anyMatch(s -> s.startsWith("suspended in "));
        assertThat(saved("box")).doesNotExist();
        exec("cat").close();
        assertThat(change("box", "suspend").state()).isEqualTo("suspended");
        assertThat(change("box", "resume").state()).isEqualTo("running");
    }

    @Test
    void whatDoesNotFitAnyMoreIsSaidAndBootsCold() throws IOException {
        boot("box");
        change("box", "suspend");
        engine.become("fake 2");
        fails(() -> start("box"), ErrorCode.VM_SAVED_UNFIT, "(engine: was fake 1, is fake 2); its disks are whole");
        assertThat(show("box").state()).isEqualTo("suspended");
        assertThat(daemon.network.attached).isEmpty();
        engine.become("fake 1");
        Files.writeString(saved("box").resolve("state"), "what");
        fails(() -> start("box"), ErrorCode.VM_SAVED_UNFIT, "damaged (state)");
        assertThat(change("box", "start?cold=1").state()).isEqualTo("running");
        assertThat(saved("box")).doesNotExist();
        assertThat(engine.boots()).isEqualTo(2);
    }

    @Test
    void aVmmThatDoesNotLoadLeavesTheSavedMemory() {
        boot("box");
        change("box", "suspend");
        engine.plan(FakeHypervisor.Boot.REFUSED);
        fails(() -> start("box"), ErrorCode.VM_START_FAILED, "no luck");
        assertThat(show("box").state()).isEqualTo("suspended");
        assertThat(start("box").state()).isEqualTo("running");
    }

    @Test
    void aGuestThatDoesNotAnswerIsNotSuspendedAndRunsOn() {
        boot("box");
        guest("box").fails();
        fails(() -> change("box", "suspend"), ErrorCode.VM_SAVE_FAILED, "the guest failed: disk on fire; it runs on");
        assertThat(show("box").state()).isEqualTo("running");
        assertThat(saved("box")).doesNotExist();
        change("box", "suspend");
        assertThat(show("box").state()).isEqualTo("suspended");
    }

    @Test
    void aSuspendedVmIsDeletedWithItsMemory() {
        boot("box");
        change("box", "suspend");
        delete("box");
        assertThat(list()).isEmpty();
    }

    @Test
    void aSuspendedVmKeepsItsSize() {
        boot("box");
        change("box", "suspend");
        fails(
                () -> daemon.client()
                        .send(
                                "PATCH",
                                "/v1/vms/box",
                                banger.api.model.SetVm.class,
                                new banger.api.model.SetVm(2, null, null, null),
                                VmInfo.class),
                ErrorCode.VM_RUNNING,
                "only changes while it is stopped");
    }
}
