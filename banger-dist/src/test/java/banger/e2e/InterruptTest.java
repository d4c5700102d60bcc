package banger.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Ctrl-C and TERM at the stages of a run leave nothing behind. */
@Tag("vm")
class InterruptTest {
    @RegisterExtension
    static final TestHome HOME = TestHome.withoutInit();

    @AfterEach
    void delete() {
        HOME.deleteAll();
    }

    private static Running start(String verb, String... words) {
        var all = new ArrayList<>(List.of("vm", verb, "--image", HOME.image(), "--vcpu", "1", "--memory", "512M"));
        all.addAll(List.of(words));
        return HOME.banger(all).start();
    }

    private static List<String> states() {
        return HOME.daemonAnswers() ? HOME.vms().stream().map(v -> v.state()).toList() : List.of();
    }

    private static void nothingIsLeft() {
        Wait.until(
                () -> "nothing is left: " + HOME.vms(),
                java.time.Duration.ofSeconds(30),
                () -> HOME.vms().isEmpty());
    }

    @ParameterizedTest
    @ValueSource(strings = {"INT", "TERM", "HUP"})
    void whileTheGuestBoots(String signal) {
        try (var running = start("run", "--", "true")) {
            Wait.until("the VM starts", () -> states().contains("starting"));
            running.signal(signal);
            assertThat(running.await().status()).isNotZero();
        }
        nothingIsLeft();
    }

    /** It comes too late for the daemon, and too early for a client that has not heard of its VM yet. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void betweenAVmsBootAndItsCommand(boolean remove) {
        var words = remove ? List.of("--rm", "--", "true") : List.of("--", "sh", "-c", "echo ran; sleep 1000");
        try (var running = start("run", words.toArray(String[]::new))) {
            Wait.until("the VM starts", () -> states().contains("starting"));
            running.signal("STOP");
            Wait.until("the VM runs", () -> states().contains("running"));
            running.signal("INT");
            running.signal("CONT");
            var ended = running.await();
            assertThat(ended.status()).isNotZero();
            assertThat(ended.err()).doesNotContain("Exception");
            if (!remove) assertThat(ended.err()).contains("still running");
        }
        if (remove) nothingIsLeft();
        else assertThat(states()).containsExactly("running");
    }

    @Test
    void whileAVmIsCopied() {
        HOME.boot("box");
        HOME.exec("box", "sh", "-c", "sleep 1000 > /dev/null 2>&1 & echo $! > /dev/shm/pid")
                .ok();
        var captured = HOME.state().resolve("vms").resolve(HOME.vm("box").id()).resolve("captured");
        try (var running = HOME.banger("vm", "fork", "box").start()) {
            Wait.until("its memory is copied", () -> Files.exists(captured.resolve("state")));
            running.signal("INT");
            var ended = running.await();
            assertThat(ended.status()).isNotZero();
            assertThat(ended.err()).doesNotContain("Exception");
        }
        // The copy is complete when the signal came late: then its VM is on its way already, and goes again.
        Wait.until("nothing is left of it", () -> !Files.exists(captured) && states().size() == 1);
        HOME.exec("box", "sh", "-c", "kill -0 $(cat /dev/shm/pid)").ok();
        assertThat(states()).containsExactly("running");
        HOME.run("vm", "fork", "box", "--name", "copy").ok();
        assertThat(states()).containsExactly("running", "running");
    }

    @Test
    void whileAVmIsCreatedWithoutACommand() {
        try (var running = start("create", "--name", "cut")) {
            Wait.until("the VM starts", () -> states().contains("starting"));
            running.signal("INT");
            var ended = running.await();
            assertThat(ended.status()).isNotZero();
            assertThat(ended.err()).doesNotContain("Exception");
        }
        nothingIsLeft();
    }

    @Test
    void whileTheCommandRunsAVmOfRmIsDeleted() {
        try (var running = start("run", "--rm", "--", "sh", "-c", "echo up; exec sleep 1000")) {
            running.awaitOut("up");
            running.signal("TERM");
            // The command got the signal, its status is ours.
            running.await().expect(143);
        }
        assertThat(HOME.vms()).isEmpty();
    }

    @Test
    void aCommandThatIgnoresTheSignalIsLeftWithTheSecondOne() {
        try (var running = start("run", "--rm", "--", "sh", "-c", "trap '' INT; echo up; while :; do sleep 1; done")) {
            running.awaitOut("up");
            running.signal("INT");
            running.signal("HUP");
            assertThat(running.await().status()).isNotZero();
        }
        nothingIsLeft();
    }

    @Test
    void aStartThatIsInterruptedLeavesTheVmStopped() {
        HOME.create("--no-start", "--name", "box").ok();
        try (var running = HOME.banger("vm", "start", "box").start()) {
            Wait.until("the VM starts", () -> states().contains("starting"));
            running.signal("INT");
            assertThat(running.await().status()).isNotZero();
        }
        Wait.until("the VM is stopped", () -> states().equals(List.of("stopped")));
    }
}
