package banger.daemon.whole;

import static org.assertj.core.api.Assertions.assertThat;

import banger.api.model.VmInfo;
import banger.daemon.engine.MachineExit.Cause;
import banger.daemon.vm.VmId;
import banger.daemon.vm.VmState;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a daemon makes of the VMs that an earlier one left. */
class NextDaemonTest extends WholeDaemon {
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
}
