package banger.daemon.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.BangerException;
import banger.daemon.engine.MachineExit.Cause;
import banger.daemon.guest.Agent;
import banger.daemon.guest.Control;
import banger.daemon.guest.Sleep;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Machines whose memory is a file that others map. */
public abstract class RecordedMachineContract extends SavedMachineContract {
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
        return in(there, s).on(new Memory.Mapped(saved.resolve("memory"), sizes));
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
    void whatWasSavedWithItsMemoryIsLoadedOnceMoreForManyToMap() throws Exception {
        bootToReady();
        var saved = save();
        machine.kill();
        var many = Files.createDirectory(directory().resolve("many"));
        machine = engine().restore(spec(heard).on(new Memory.Recorded()), saved);
        machine.save(many);
        machine.kill();
        machine = null;
        for (var name : List.of("one", "two")) {
            var listener = new Heard();
            var copy = rekeyed(copy(name, many, 0, listener), many, listener);
            try {
                assertThat(new Agent("box", copy.streams()).health()).containsEntry("state", "ready");
            } finally {
                copy.kill();
            }
        }
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
}
