package banger.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Pausing, suspending, continuing. */
@Tag("vm")
class SuspendTest {
    @RegisterExtension
    static final TestHome HOME = TestHome.prepared();

    @AfterEach
    void end() {
        HOME.deleteAll();
    }

    private String in(String... command) {
        return HOME.exec("box", command).ok().out().strip();
    }

    /** A process and a file that are only in memory. */
    private String prepare() {
        return in("sh", "-c", "echo kept > /dev/shm/note; sleep 1000 > /dev/null 2>&1 & echo $!");
    }

    private void isAsItWas(String process) {
        assertThat(in("cat", "/dev/shm/note")).isEqualTo("kept");
        assertThat(in("cat", "/proc/" + process + "/comm")).isEqualTo("sleep");
        long guest = Long.parseLong(in("date", "+%s"));
        assertThat(guest).isCloseTo(Instant.now().getEpochSecond(), org.assertj.core.data.Offset.offset(2L));
    }

    private Path directory() {
        return HOME.state().resolve("vms").resolve(HOME.vm("box").id());
    }

    @Test
    void whatWasInMemoryIsThereAgain() {
        HOME.boot("box");
        var process = prepare();
        HOME.run("vm", "pause", "box").ok();
        assertThat(HOME.vm("box").state()).isEqualTo("paused");
        assertThat(HOME.exec("box", "true").expect(125).err()).contains("vm box: is paused", "banger vm resume box");
        HOME.run("vm", "resume", "box").ok();
        isAsItWas(process);
        for (int i = 0; i < 2; i++) {
            HOME.run("vm", "suspend", "box").ok();
            assertThat(HOME.vm("box").state()).isEqualTo("suspended");
            assertThat(HOME.vm("box").pid()).isZero();
            HOME.run("daemon", "stop").ok();
            HOME.run("vm", "start", "box").ok();
            isAsItWas(process);
        }
        assertThat(HOME.vm("box").boot()).isEqualTo("resumed");
        HOME.run("vm", "ssh", "box", "--", "true").ok();
    }

    @Test
    void aDamagedMemoryIsRefusedAndTheDisksAreWhole() throws IOException {
        HOME.boot("box");
        in("sh", "-c", "echo kept > /root/note; sync");
        prepare();
        HOME.run("vm", "suspend", "box").ok();
        var state = directory().resolve("saved/state");
        Files.write(state, new byte[] {1}, java.nio.file.StandardOpenOption.APPEND);
        var refused = HOME.run("vm", "start", "box").expect(1);
        assertThat(refused.err())
                .contains("error: vm box: its saved memory is damaged (state)", "banger vm start --cold box");
        assertThat(HOME.vm("box").state()).isEqualTo("suspended");
        HOME.run("vm", "start", "--cold", "box").ok();
        assertThat(in("cat", "/root/note")).isEqualTo("kept");
        HOME.exec("box", "test", "-e", "/dev/shm/note").expect(1);
    }
}
