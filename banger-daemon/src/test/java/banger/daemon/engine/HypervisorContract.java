package banger.daemon.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.BangerException;
import banger.api.model.ExecRequest;
import banger.daemon.engine.MachineExit.Cause;
import banger.daemon.guest.Agent;
import banger.daemon.guest.Control;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What every engine does alike, seen through the port alone: the life of a machine. */
public abstract class HypervisorContract {
    static final Duration PATIENCE = Duration.ofSeconds(90);

    final Heard heard = new Heard();

    protected abstract Hypervisor engine();

    /** A machine that boots to a guest with an agent; each test boots one at a time. */
    protected abstract BootSpec spec(Control.Listener listener);

    /** A configuration archive that the guest accepts. */
    protected abstract byte[] configuration();

    /** One for a machine that is to become a template. */
    protected byte[] template() {
        return configuration();
    }

    /** Makes the next boot fail before the VMM's channel is there. */
    protected abstract void breakNextBoot();

    Machine machine;

    @AfterEach
    void end() {
        if (machine != null) machine.kill();
    }

    /** What the guest announced. */
    static final class Heard implements Control.Listener {
        final CompletableFuture<Void> ready = new CompletableFuture<>();

        @Override
        public void dirty(long kib) {}

        @Override
        public void power(String action) {}

        @Override
        public void failed(String text) {
            ready.completeExceptionally(new AssertionError("the guest failed: " + text));
        }

        @Override
        public void ready() {
            ready.complete(null);
        }
    }

    protected final Machine machine() {
        return machine;
    }

    protected final Control.Listener listener() {
        return heard;
    }

    protected final void boot() {
        machine = engine().boot(spec(heard));
    }

    protected final void bootToReady() throws Exception {
        boot();
        assertThat(machine.control()
                        .hello()
                        .get(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                        .wantsConfiguration())
                .isTrue();
        agent().configure(configuration(), PATIENCE);
        heard.ready.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    final Agent agent() {
        return new Agent("box", machine.streams());
    }

    static Cause cause(Machine machine) throws Exception {
        return machine.exit().get(PATIENCE.toSeconds(), TimeUnit.SECONDS).cause();
    }

    final Path directory() {
        return spec(heard).directory();
    }

    @Test
    void aMachineIsConfiguredBecomesReadyAndRunsCommands() throws Exception {
        bootToReady();
        assertThat(agent().health()).containsEntry("state", "ready");
        var argv = List.of("exit\0".getBytes(StandardCharsets.US_ASCII), "0\0".getBytes(StandardCharsets.US_ASCII));
        try (var stream = agent().exec(new ExecRequest(argv, null, null, List.of(), null, false))) {
            assertThat(stream.in().read()).isBetween(0, 6);
        }
        assertThat(machine.exit()).isNotDone();
    }

    @Test
    void itsReferenceSaysWhatItIs() {
        boot();
        assertThat(machine.ref().engine()).isEqualTo(engine().traits().label());
        assertThat(machine.ref().bootId()).isNotEmpty();
        assertThat(machine.ref().vmmProcess().pid()).isPositive();
    }

    @Test
    void killEndsItAtAnyStageAndTwiceIsOnce() throws Exception {
        boot();
        machine.kill();
        assertThat(cause(machine)).isEqualTo(Cause.KILLED);
        machine.kill();
        assertThat(machine.ref().vmmProcess().alive()).isFalse();
        assertThatThrownBy(() -> agent().health()).isInstanceOf(BangerException.class);
    }

    @Test
    void streamsBreakWhenItEnds() throws Exception {
        bootToReady();
        var stream = machine.streams().open();
        machine.kill();
        assertThatThrownBy(() -> {
                    if (stream.in().read() < 0) throw new java.io.EOFException();
                })
                .isInstanceOf(java.io.IOException.class);
    }

    @Test
    void theGuestsOwnPoweroffIsToldAsSuch() throws Exception {
        bootToReady();
        agent().power("poweroff");
        assertThat(cause(machine)).isEqualTo(Cause.POWEROFF);
    }

    @Test
    void theGuestsOwnRebootIsToldAsSuch() throws Exception {
        bootToReady();
        agent().power("reboot");
        assertThat(cause(machine)).isEqualTo(Cause.RESET);
    }

    @Test
    void letGoItRunsOnAndIsFoundAgain() throws Exception {
        bootToReady();
        var first = machine;
        first.release();
        assertThat(first.exit()).isNotDone();
        machine = engine().reattach("box", directory(), first.ref(), heard).orElseThrow();
        assertThat(machine.control()
                        .hello()
                        .get(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                        .ready())
                .isTrue();
        assertThat(agent().health()).containsEntry("state", "ready");
        agent().sync(false, PATIENCE);
        machine.kill();
        assertThat(cause(machine)).isEqualTo(Cause.KILLED);
        assertThat(first.exit()).isNotDone();
    }

    @Test
    void whatIsGoneOrOfAnotherBootIsNotFoundAgain() throws Exception {
        boot();
        var ref = machine.ref();
        machine.kill();
        assertThat(engine().reattach("box", directory(), ref, heard)).isEmpty();
        boot();
        var r = machine.ref();
        var other = new MachineRef(
                "another", r.engine(), r.shim(), r.vmm(), r.network(), r.boot(), 0, r.likeness(), r.confinement());
        assertThat(engine().reattach("box", directory(), other, heard)).isEmpty();
    }

    final void exitsWith(String status) throws Exception {
        var argv = List.of(
                "exit\0".getBytes(StandardCharsets.US_ASCII), (status + "\0").getBytes(StandardCharsets.US_ASCII));
        try (var stream = agent().exec(new ExecRequest(argv, null, null, List.of(), null, false))) {
            assertThat(stream.in().read()).isBetween(0, 6);
        }
    }

    @Test
    void pausedItAnswersNothingAndAfterwardsAsBefore() throws Exception {
        bootToReady();
        machine.pause();
        machine.pause();
        assertThatThrownBy(() -> machine.control().ask("ping a", "pong a"::equals, Duration.ofMillis(300)))
                .isInstanceOf(java.io.IOException.class);
        machine.unpause();
        assertThat(agent().health()).containsEntry("state", "ready");
    }

    /** As the next daemon does. */
    protected final void takeUp() throws Exception {
        machine = engine().reattach("box", directory(), machine.ref(), heard).orElseThrow();
        machine.control().hello().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    protected final void answersStill() {
        assertThat(agent().health()).containsEntry("state", "ready");
    }

    protected final void answers() throws Exception {
        assertThat(agent().health()).containsEntry("state", "ready");
        exitsWith("0");
    }

    @Test
    void aVmmThatDoesNotStartIsAnErrorAndNothingRuns() {
        breakNextBoot();
        assertThatThrownBy(this::boot)
                .isInstanceOfSatisfying(
                        BangerException.class, e -> assertThat(e.fact()).startsWith("vm box: "));
        assertThat(machine).isNull();
    }
}
