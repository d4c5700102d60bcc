package banger.daemon.engine;

/**
 * How a machine ended.
 *
 * @param detail for an error message: {@code status 1}, {@code signal 9}, the VMM's last words
 */
public record MachineExit(Cause cause, String detail) {
    /** Why, as far as the engine can tell. */
    public enum Cause {
        /** The guest powered itself off. */
        POWEROFF,
        /** The guest rebooted itself, or panicked (the console tells). */
        RESET,
        /** We or somebody on the host ended the VMM. */
        KILLED,
        /** The VMM ended by itself for another reason. */
        FAILED
    }
}
