package banger.daemon.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.BangerException;
import banger.api.model.ExecRequest;
import banger.daemon.engine.MachineExit.Cause;
import banger.daemon.guest.Agent;
import banger.daemon.guest.Control;
import banger.daemon.guest.Sleep;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What every engine does alike, seen through the port alone. */
public abstract class HypervisorContract {
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    private final Heard heard = new Heard();

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

    private Machine machine;

    @AfterEach
    void end() {
        if (machine != null) machine.kill();
    }

    /** What the guest announced. */
    private static final class Heard implements Control.Listener {
        private final CompletableFuture<Void> ready = new CompletableFuture<>();

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

    private Agent agent() {
        return new Agent("box", machine.streams());
    }

    private static Cause cause(Machine machine) throws Exception {
        return machine.exit().get(PATIENCE.toSeconds(), TimeUnit.SECONDS).cause();
    }

    private Path directory() {
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

    private void exitsWith(String status) throws Exception {
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

    protected final Path save() throws Exception {
        Sleep.prepare(machine.control());
        var saved = Files.createDirectory(directory().resolve("saved"));
        machine.save(saved);
        return saved;
    }

    protected final void restore(Path saved) {
        machine = engine().restore(spec(heard), saved);
    }

    protected final void answers() throws Exception {
        assertThat(agent().health()).containsEntry("state", "ready");
        exitsWith("0");
    }

    @Test
    void savedItContinuesInAnotherProcess() throws Exception {
        bootToReady();
        var saved = save();
        machine.kill();
        assertThat(cause(machine)).isEqualTo(Cause.KILLED);
        machine = engine().restore(spec(heard), saved);
        assertThat(machine.ref().boot()).isEqualTo("resumed");
        assertThatThrownBy(() -> {
                    if (machine.streams().open().in().read() < 0) throw new java.io.EOFException();
                })
                .isInstanceOf(java.io.IOException.class);
        machine.wake(Sleep.Kind.RESUME);
        assertThat(machine.control().generation()).isPositive();
        assertThat(agent().health()).containsEntry("state", "ready");
        exitsWith("0");
        // And once more: what was restored is a machine like any other.
        try (var files = Files.list(saved)) {
            for (var file : files.toList()) Files.delete(file);
        }
        Files.delete(saved);
        saved = save();
        machine.kill();
        machine = engine().restore(spec(heard), saved);
        machine.wake(Sleep.Kind.RESUME);
        exitsWith("0");
    }

    /** The same machine in another directory, a hidden one, where its own files were moved. */
    private BootSpec moved() throws Exception {
        var s = spec(heard);
        var other = Files.createDirectory(s.directory().resolve(".moved-1"));
        try (var files = Files.list(s.directory())) {
            for (var file : files.filter(f -> !f.equals(other)).toList())
                Files.move(file, other.resolve(file.getFileName()));
        }
        return new BootSpec(
                s.name(),
                other,
                s.links(),
                s.commandLine(),
                s.vcpu(),
                s.memoryMib(),
                s.mac(),
                s.cid(),
                s.placement(),
                s.network(),
                s.listener());
    }

    @Test
    void savedItContinuesInAnotherDirectory() throws Exception {
        bootToReady();
        save();
        machine.kill();
        var there = moved();
        machine = engine().restore(there, there.directory().resolve("saved"));
        machine.wake(Sleep.Kind.RESUME);
        assertThat(agent().health()).containsEntry("state", "ready");
        exitsWith("0");
        // Nothing of it is where it was.
        assertThat(directory().toFile().list()).containsExactly(".moved-1");
    }

    @Test
    void aSaveThatIsNotWantedLeavesItAsItWas() throws Exception {
        bootToReady();
        Sleep.prepare(machine.control());
        machine.wake(Sleep.Kind.CONTINUE);
        exitsWith("0");
        save();
        machine.wake(Sleep.Kind.CONTINUE);
        exitsWith("0");
        assertThat(machine.exit()).isNotDone();
    }

    @Test
    void aSaveThatCannotBeWrittenIsAnErrorAndItRunsOn() throws Exception {
        bootToReady();
        Sleep.prepare(machine.control());
        var saved = Files.createDirectory(directory().resolve("saved"));
        Files.createDirectory(saved.resolve("state"));
        assertThatThrownBy(() -> machine.save(saved)).isInstanceOf(java.io.IOException.class);
        machine.wake(Sleep.Kind.CONTINUE);
        exitsWith("0");
        // And it can be saved still.
        Files.delete(saved.resolve("state"));
        Sleep.prepare(machine.control());
        machine.save(saved);
        machine.kill();
        machine = engine().restore(spec(heard), saved);
        machine.wake(Sleep.Kind.RESUME);
        exitsWith("0");
    }

    @Test
    void aStateThatWasCutOrIsNoneIsAnErrorAndNothingRuns() throws Exception {
        bootToReady();
        var saved = save();
        machine.kill();
        machine = null;
        try (var file =
                java.nio.channels.FileChannel.open(saved.resolve("state"), java.nio.file.StandardOpenOption.WRITE)) {
            file.truncate(file.size() / 2);
        }
        refusesToRestore(saved);
        Files.writeString(saved.resolve("state"), "what");
        refusesToRestore(saved);
        Files.delete(saved.resolve("state"));
        refusesToRestore(saved);
    }

    private void refusesToRestore(Path saved) {
        assertThatThrownBy(() -> engine().restore(spec(heard), saved))
                .isInstanceOfSatisfying(
                        BangerException.class, e -> assertThat(e.fact()).startsWith("vm box: "));
    }

    /** A machine that was saved with its memory in a file; nothing of it runs any more. */
    private Path record() throws Exception {
        var saved = Files.createDirectory(directory().resolve("saved"));
        machine = engine().boot(spec(heard).on(new Memory.Recorded()));
        machine.control().hello().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        agent().configure(template(), PATIENCE);
        heard.ready.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        agent().settle(PATIENCE);
        agent().shrink(PATIENCE);
        Sleep.prepare(machine.control());
        machine.save(saved);
        machine.kill();
        assertThat(cause(machine)).isEqualTo(Cause.KILLED);
        return saved;
    }

    /** The machine that continues from it in a directory of its own, its work disk that much bigger. */
    private BootSpec copy(String name, Path saved, long more, Control.Listener listener) throws Exception {
        var s = spec(listener);
        var there = Files.createDirectory(directory().resolve(name));
        var elsewhere = s.links().stream().map(BootSpec.Link::name).toList();
        for (var file : List.of("vda", "vdb", "vdc", "vdd", "kernel", "initrd"))
            if (!elsewhere.contains(file) && Files.isRegularFile(directory().resolve(file)))
                Files.copy(directory().resolve(file), there.resolve(file));
        var sizes = new java.util.HashMap<String, Long>();
        for (var disk : List.of("vdb", "vdc"))
            if (Files.exists(there.resolve(disk))) sizes.put(disk, Files.size(there.resolve(disk)));
        if (more > 0)
            try (var disk = new java.io.RandomAccessFile(there.resolve("vdc").toFile(), "rw")) {
                disk.setLength(disk.length() + more);
            }
        return new BootSpec(
                        s.name(),
                        there,
                        s.links(),
                        s.commandLine(),
                        s.vcpu(),
                        s.memoryMib(),
                        s.mac(),
                        s.cid(),
                        s.placement(),
                        s.network(),
                        listener)
                .on(new Memory.Mapped(saved.resolve("memory"), sizes));
    }

    /** Another machine in the place of the one that was saved. */
    private Machine rekeyed(BootSpec spec, Path saved, Heard listener) throws Exception {
        var copy = engine().restore(spec, saved);
        try {
            copy.wake(Sleep.Kind.REKEY);
            new Agent("box", copy.streams()).configure(configuration(), PATIENCE);
            listener.ready.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            return copy;
        } catch (Exception | Error e) {
            copy.kill();
            throw e;
        }
    }

    @Test
    void recordedItIsContinuedTwiceSideBySideAndItsMemoryStaysAsItWas() throws Exception {
        var saved = record();
        var before =
                java.security.MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(saved.resolve("memory")));
        var state = Files.readAllBytes(saved.resolve("state"));
        var heards = List.of(new Heard(), new Heard());
        var one = rekeyed(copy("one", saved, 0, heards.get(0)), saved, heards.get(0));
        try {
            // The second has a bigger work disk.
            var two = rekeyed(copy("two", saved, 8 << 20, heards.get(1)), saved, heards.get(1));
            try {
                for (var copy : List.of(one, two)) {
                    assertThat(copy.ref().boot()).isEqualTo("resumed");
                    assertThat(new Agent("box", copy.streams()).health()).containsEntry("state", "ready");
                }
                assertThat(one.ref().vmmProcess()).isNotEqualTo(two.ref().vmmProcess());
            } finally {
                two.kill();
            }
            // The end of one is nothing to the other.
            assertThat(new Agent("box", one.streams()).health()).containsEntry("state", "ready");
        } finally {
            one.kill();
        }
        assertThat(java.security.MessageDigest.getInstance("SHA-256")
                        .digest(Files.readAllBytes(saved.resolve("memory"))))
                .isEqualTo(before);
        assertThat(saved.resolve("state")).hasBinaryContent(state);
    }

    @Test
    void whatContinuesRunsOnWithoutTheFilesItCameFrom() throws Exception {
        var saved = record();
        var listener = new Heard();
        machine = rekeyed(copy("one", saved, 0, listener), saved, listener);
        for (var name : List.of("memory", "state")) Files.delete(saved.resolve(name));
        Files.delete(saved);
        answers();
        // And it is saved like any other.
        var own = Files.createDirectory(directory().resolve("one/saved"));
        Sleep.prepare(machine.control());
        machine.save(own);
        machine.wake(Sleep.Kind.CONTINUE);
        answers();
    }

    @Test
    void memoryThatIsNotThereIsAnErrorAndNothingRuns() throws Exception {
        var saved = record();
        machine = null;
        var spec = copy("one", saved, 0, heard);
        Files.delete(saved.resolve("memory"));
        assertThatThrownBy(() -> engine().restore(spec, saved))
                .isInstanceOfSatisfying(
                        BangerException.class, e -> assertThat(e.fact()).startsWith("vm box: "));
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
