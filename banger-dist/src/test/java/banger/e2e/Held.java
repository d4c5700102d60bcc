package banger.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import banger.daemon.ops.Failpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;

/** A daemon that stands still at a failpoint while something happens to what it works on. */
final class Held {
    private Held() {}

    /** Runs a command with a daemon that stands at the failpoint until the deed is done. */
    static Ended at(Home home, Failpoint failpoint, Runnable deed, String... command) throws IOException {
        var held = home.path().resolve("held");
        if (home.daemonRuns()) home.run("daemon", "stop").ok();
        var bangerd = new Program(
                        List.of(Product.directory().resolve("libexec/bangerd").toString()), home.environment())
                .env("BANGER_DAEMON_FLAGS", "-Dbanger.failpoints=true")
                .env("BANGER_FAILPOINT", failpoint.name())
                .env("BANGER_FAILPOINT_HOLD", held.toString());
        try (var daemon = bangerd.start()) {
            home.awaitDaemon(daemon);
            try (var running = home.banger(command).start()) {
                Wait.until("the daemon stands at " + failpoint, () -> {
                    if (!running.alive())
                        throw new AssertionError(running.await().toString());
                    return Files.exists(held);
                });
                deed.run();
                Files.delete(held);
                var ended = running.await();
                assertThat(ended.err()).doesNotContain("Exception", "\tat ", "internal");
                return ended;
            } finally {
                home.run("daemon", "stop");
                daemon.await();
                home.run("vm", "list").ok();
            }
        } finally {
            Files.deleteIfExists(held);
        }
    }
}
