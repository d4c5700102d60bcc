package banger.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestWatcher;

/**
 * A home of a test class's own, gone after it. What is left then of processes, mounts, sockets, VMs,
 * operations or files fails the class; a failed test shows the daemon's log and the consoles.
 */
final class TestHome extends Home implements BeforeAllCallback, AfterAllCallback, TestWatcher {
    private final boolean prepared;

    private TestHome(Path path, boolean prepared, String image) {
        super(path, image);
        this.prepared = prepared;
    }

    /** With kernel and image, ready to boot. */
    static TestHome prepared() {
        return new TestHome(fresh(), true, Prepared.IMAGE);
    }

    /** The same, for tests that want nothing of systemd in the guest: {@link Prepared#NO_INIT}. */
    static TestHome withoutInit() {
        return new TestHome(fresh(), true, Prepared.NO_INIT);
    }

    /** With nothing in it, not even itself. */
    static TestHome empty() {
        return new TestHome(fresh(), false, Prepared.IMAGE);
    }

    private static Path fresh() {
        var random = new byte[4];
        new SecureRandom().nextBytes(random);
        try {
            return Prepared.place().resolve("bt-" + HexFormat.of().formatHex(random));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        if (prepared) Prepared.copyInto(path());
        if (prepared) settings("");
    }

    @Override
    public void testFailed(ExtensionContext context, Throwable cause) {
        System.err.println("=== " + context.getDisplayName() + " failed; what " + path() + " has to say:");
        Evidence.print(path());
    }

    @Override
    public void afterAll(ExtensionContext context) throws IOException {
        var leaks = new ArrayList<String>();
        leaks.addAll(Leaks.ofDaemon(this));
        if (daemonRuns()) {
            var stopped = run("daemon", "stop");
            if (stopped.status() != 0) leaks.add("the daemon does not stop: " + stopped);
        }
        leaks.addAll(Leaks.ofHost(path()));
        if (!leaks.isEmpty()) Evidence.print(path());
        Leaks.end(path());
        Trees.delete(path());
        if (!leaks.isEmpty())
            throw new AssertionError(context.getDisplayName() + " left behind:\n  " + String.join("\n  ", leaks));
    }

    /** Every VM there is, deleted; for classes whose VMs all tests share. */
    void deleteAll() {
        var names = run("vm", "list", "-q").ok().out().lines().toList();
        if (names.isEmpty()) return;
        var words = new ArrayList<>(List.of("vm", "delete", "--discard"));
        words.addAll(names);
        banger(words).run().ok();
    }

    boolean exists() {
        return Files.exists(path());
    }
}
