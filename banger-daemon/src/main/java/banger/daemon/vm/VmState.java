package banger.daemon.vm;

import java.util.Locale;

/** What a VM is meant to be, as written down before anything is done about it. */
public enum VmState {
    /** Being made; after a crash it is removed, for nobody was told of it. */
    CREATING,
    CREATED,
    STARTING,
    RUNNING,
    /** Its vCPUs are stopped; its memory is where it was. */
    PAUSED,
    /** Its memory is being written to disk; after a crash it runs on, or is suspended when all was written. */
    SUSPENDING,
    /** Its memory is on disk, and nothing runs; the next start continues it. */
    SUSPENDED,
    STOPPING,
    STOPPED,
    /** Something went wrong; its disks and log are kept, {@code lastError} tells. */
    ERROR,
    /** Being deleted; after a crash the deletion is finished. */
    DELETING;

    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    static VmState of(String word) {
        return valueOf(word.toUpperCase(Locale.ROOT));
    }
}
