package banger.daemon.ops;

/**
 * A named place where a test may kill the daemon ({@code docs/state.md} lists them). Active only when
 * the system property {@code banger.failpoints} is true, which only test launchers set; then the
 * environment variable {@code BANGER_FAILPOINT} names the one that fires.
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
    DELETE_INTENT,
    DELETE_FILES,
    DELETE_DONE;

    private static final String ARMED =
            Boolean.getBoolean("banger.failpoints") ? System.getenv().getOrDefault("BANGER_FAILPOINT", "") : "";

    /** Ends this process at once, as a power cut would, when this is the armed one. */
    public void pass() {
        if (ARMED.equals(name())) Runtime.getRuntime().halt(137);
    }
}
