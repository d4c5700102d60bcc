package banger.daemon.ops;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * A named place where a test may kill the daemon, or hold it while something else is killed ({@code docs/state.md}
 * lists them). Active only when the system property {@code banger.failpoints} is true, which only test launchers set;
 * then the environment variable {@code BANGER_FAILPOINT} names the one that fires. With {@code BANGER_FAILPOINT_HOLD} it
 * does not kill: it makes the file of that name and goes on when the file is gone.
 */
public enum Failpoint {
    CREATE_RESERVED,
    CREATE_DISKS_MADE,
    CREATE_DONE,
    START_INTENT,
    START_NETWORK,
    START_VMM_SPAWNED,
    START_RECORDED,
    START_CONFIGURED,
    START_DONE,
    STOP_INTENT,
    STOP_SYNCED,
    STOP_KILLED,
    STOP_DONE,
    SUSPEND_INTENT,
    SUSPEND_FROZEN,
    SUSPEND_WRITTEN,
    SUSPEND_SAVED,
    RESUME_LOADED,
    RESUME_MARKED,
    RESUME_CONTINUED,
    TEMPLATE_BOOTED,
    TEMPLATE_SAVED,
    TEMPLATE_PUBLISHED,
    WARM_CLONED,
    WARM_LOADED,
    WARM_CONFIGURED,
    ENVIRONMENT_SAVED,
    ENVIRONMENT_PUBLISHED,
    SNAPSHOT_LIVE,
    LAYERS_FROZEN,
    LAYERS_STACKED,
    SNAPSHOT_COPIED,
    SNAPSHOT_PUBLISHED,
    RESTORE_INTENT,
    RESTORE_COPIED,
    RESTORE_REPLACED,
    FORK_CAPTURED,
    FORK_RESERVED,
    FORK_CONTINUED,
    DELETE_INTENT,
    DELETE_FILES,
    DELETE_DONE;

    private static final String ARMED =
            Boolean.getBoolean("banger.failpoints") ? System.getenv().getOrDefault("BANGER_FAILPOINT", "") : "";

    private static final AtomicBoolean HELD = new AtomicBoolean();

    /** Ends this process at once, as a power cut would, or holds it the first time, when this is the armed one. */
    public void pass() {
        if (!ARMED.equals(name())) return;
        var file = System.getenv("BANGER_FAILPOINT_HOLD");
        if (file == null) Runtime.getRuntime().halt(137);
        else if (HELD.compareAndSet(false, true)) hold(Path.of(file));
    }

    private static void hold(Path file) {
        try {
            Files.createFile(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        while (Files.exists(file)) LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
    }
}
