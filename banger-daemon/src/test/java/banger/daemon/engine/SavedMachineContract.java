package banger.daemon.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.BangerException;
import banger.daemon.engine.MachineExit.Cause;
import banger.daemon.guest.Sleep;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Machines that are saved and go on elsewhere, with memory of their own. */
public abstract class SavedMachineContract extends HypervisorContract {
    protected final Path save() throws Exception {
        return save(Files.createDirectory(directory().resolve("saved")));
    }

    protected final Path save(Path saved) throws Exception {
        Sleep.prepare(machine.control());
        machine.save(saved);
        return saved;
    }

    protected final void restore(Path saved) {
        machine = engine().restore(spec(heard), saved);
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
        return in(other, s);
    }

    /** The same machine, its files elsewhere. */
    static BootSpec in(Path directory, BootSpec s) {
        return new BootSpec(
                s.name(),
                directory,
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
    void savedWhileItRunsItContinuesInAnotherProcessAndSoDoesWhatWasSaved() throws Exception {
        bootToReady();
        var saved = Files.createDirectory(directory().resolve("saved"));
        try (var saving = machine.saveLive(saved, () -> false)) {
            // Its guest has been told nothing.
            answersStill();
            Sleep.prepare(machine.control());
            saving.finish();
        }
        machine.wake(Sleep.Kind.CONTINUE);
        answers();
        machine.kill();
        machine = engine().restore(spec(heard), saved);
        machine.wake(Sleep.Kind.RESUME);
        answers();
    }

    @Test
    void aSaveBegunWhileItRunsAndNotFinishedNeverWas() throws Exception {
        bootToReady();
        var saved = Files.createDirectory(directory().resolve("saved"));
        try (var stream = machine.streams().open()) {
            machine.saveLive(saved, () -> false).close();
            assertThat(saved).isEmptyDirectory();
            answersStill();
            assertThat(stream).isNotNull();
        }
        // Not even when its guest was prepared meanwhile.
        try (var _ = machine.saveLive(saved, () -> false)) {
            Sleep.prepare(machine.control());
        }
        assertThat(saved).isEmptyDirectory();
        machine.wake(Sleep.Kind.CONTINUE);
        answersStill();
        Sleep.prepare(machine.control());
        machine.save(saved);
        machine.kill();
        machine = engine().restore(spec(heard), saved);
        machine.wake(Sleep.Kind.RESUME);
        answers();
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
}
