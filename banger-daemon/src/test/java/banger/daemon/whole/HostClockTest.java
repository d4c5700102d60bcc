package banger.daemon.whole;

import static org.assertj.core.api.Assertions.assertThat;

import banger.api.model.VmInfo;
import org.junit.jupiter.api.Test;

/** A host that slept. */
class HostClockTest extends WholeDaemon {
    private static final long HOUR = 3_600_000_000_000L;

    private void sleep(long nanos) {
        daemon.slept.addAndGet(nanos);
        daemon.clock.check();
    }

    @Test
    void guestsThatRunAreToldTheTimeAndThoseThatDoNotWhenTheyGoOn() {
        boot("box");
        boot("other");
        var box = guest("box");
        long before = System.currentTimeMillis() * 1_000_000;
        assertThat(box.clock()).isZero();
        daemon.client().operation("POST", "/v1/vms/other/pause", VmInfo.class, e -> {});
        sleep(HOUR);
        until(() -> box.clock() >= before);
        assertThat(guest("other").clock()).isZero();
        daemon.client().operation("POST", "/v1/vms/other/resume", VmInfo.class, e -> {});
        assertThat(guest("other").clock()).isGreaterThanOrEqualTo(before);
        // Backwards too, and everything goes on as before.
        long then = box.clock();
        sleep(-HOUR);
        until(() -> box.clock() > then);
        assertThat(show("box").state()).isEqualTo("running");
    }

    @Test
    void aClockThatIsKeptIsNoNews() {
        boot("box");
        var box = guest("box");
        sleep(400_000_000);
        sleep(-400_000_000);
        // Whoever is told is told under the VM's lock: a stop comes after.
        stop("box");
        assertThat(box.clock()).isZero();
    }

    @Test
    void guestsOfADaemonThatEndedAreToldByTheNext() throws Exception {
        boot("box");
        long before = System.currentTimeMillis() * 1_000_000;
        daemon = daemon.restarted();
        until(() -> guest("box").clock() >= before);
        assertThat(show("box").state()).isEqualTo("running");
    }
}
