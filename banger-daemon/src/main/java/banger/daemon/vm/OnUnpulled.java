package banger.daemon.vm;

/** What becomes of work that was never pulled when its VM is deleted. */
public enum OnUnpulled {
    /** The VM stays. */
    REFUSE,
    /** It is saved first; when that fails the VM stays, stopped. */
    RESCUE,
    /** It goes. */
    DISCARD
}
