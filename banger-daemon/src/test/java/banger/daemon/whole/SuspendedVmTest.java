package banger.daemon.whole;

import static org.assertj.core.api.Assertions.assertThat;

import banger.api.ErrorCode;
import banger.api.model.VmInfo;
import banger.daemon.engine.FakeHypervisor;
import java.io.IOException;
import java.nio.file.Files;
import org.junit.jupiter.api.Test;

/** Pausing and suspending through the real API, with made-up machines. */
class SuspendedVmTest extends WholeDaemon {
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
    void aVmWithoutRoomOnTheHostIsPausedSaysWhyAndGoesOn() {
        boot("box");
        guest("box").starve();
        awaitState("box", "paused");
        assertThat(show("box").lastError()).contains("disk of this host is full");
        fails(() -> exec("cat"), ErrorCode.VM_NOT_RUNNING, "vm box: is paused: the disk of this host is full");
        assertThat(change("box", "resume").state()).isEqualTo("running");
        assertThat(show("box").lastError()).isEmpty();
        guest("box").starve();
        awaitState("box", "paused");
        assertThat(stop("box").state()).isEqualTo("stopped");
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
