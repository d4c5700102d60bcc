package banger.daemon.whole;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import banger.api.ErrorCode;
import banger.api.client.Cancel;
import banger.api.model.ForkVm;
import banger.api.model.ForkedVms;
import banger.api.model.VmInfo;
import banger.daemon.engine.FakeHypervisor;
import java.io.IOException;
import java.nio.file.Files;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Copies of a VM through the real API, with made-up machines. */
class ForksTest extends WholeDaemon {
    private void nothingIsLeftOfWhatTheyCameFrom() throws IOException {
        try (var files = Files.walk(daemon.layout().snapshots())) {
            assertThat(files.filter(Files::isRegularFile)).isEmpty();
        }
        for (var vm : list())
            assertThat(daemon.layout().vms().resolve(vm.id()).resolve("captured"))
                    .doesNotExist();
    }

    @Test
    void twoCopiesLoadTheirMemoryEachForItself() throws IOException {
        boot("box");
        assertThat(fork(2)).extracting(VmInfo::name).containsExactly("copy-1", "copy-2");
        assertThat(engine.boots()).isEqualTo(3);
        assertThat(engine.running()).isEqualTo(3);
        nothingIsLeftOfWhatTheyCameFrom();
    }

    @Test
    void moreOfThemMapWhatWasLoadedOnce() throws IOException {
        boot("box");
        assertThat(fork(3)).extracting(VmInfo::name).containsExactly("copy-1", "copy-2", "copy-3");
        // One more, which never ran.
        assertThat(engine.boots()).isEqualTo(5);
        assertThat(engine.running()).isEqualTo(4);
        for (var vm : list()) assertThat(vm.state()).isEqualTo("running");
        nothingIsLeftOfWhatTheyCameFrom();
    }

    @Test
    void whereItCannotBeLoadedForAllEachLoadsItsOwn() throws IOException {
        boot("box");
        engine.plan(FakeHypervisor.Boot.REFUSED);
        assertThat(fork(3)).hasSize(3);
        assertThat(engine.boots()).isEqualTo(4);
        assertThat(engine.running()).isEqualTo(4);
        nothingIsLeftOfWhatTheyCameFrom();
    }

    @Test
    void oneThatCannotBeStartedLeavesNone() throws IOException {
        boot("box");
        engine.plan(FakeHypervisor.Boot.REFUSED);
        fails(() -> fork(2), ErrorCode.VM_START_FAILED, "no luck");
        assertThat(list()).extracting(VmInfo::name).containsExactly("box");
        assertThat(show("box").state()).isEqualTo("running");
        nothingIsLeftOfWhatTheyCameFrom();
    }

    @Test
    void copiesOfAStoppedVmBoot() throws IOException {
        boot("box");
        stop("box");
        assertThat(fork(3)).hasSize(3);
        assertThat(engine.boots()).isEqualTo(4);
        nothingIsLeftOfWhatTheyCameFrom();
    }

    /** Its copy waits half a minute for a guest that answers nothing; whoever cancels does not. */
    @Test
    @Timeout(15)
    void cancelledWhileItsCopyIsStartedItLeavesTheVmAlone() throws Exception {
        boot("box");
        engine.plan(FakeHypervisor.Boot.DEAF);
        var cancel = new Cancel();
        var forking = CompletableFuture.supplyAsync(() -> daemon.client()
                .operation(
                        "POST",
                        "/v1/vms/box/fork",
                        ForkVm.class,
                        new ForkVm(1, "copy", false),
                        ForkedVms.class,
                        e -> {},
                        cancel));
        until(() -> engine.boots() == 2);
        cancel.now();
        fails(
                () -> {
                    try {
                        forking.join();
                    } catch (CompletionException e) {
                        throw e.getCause();
                    }
                },
                ErrorCode.CANCELLED,
                "cancelled");
        assertThat(list()).extracting(VmInfo::name, VmInfo::state).containsExactly(tuple("box", "running"));
        assertThat(engine.running()).isEqualTo(1);
        nothingIsLeftOfWhatTheyCameFrom();
    }
}
