package banger.workspace.wire;

import banger.workspace.GuestPath;

/** Begins workspace conversations with the agent of one running VM. */
public interface Conversations {
    /** The VM's name, for errors. */
    String name();

    /**
     * Begins one.
     *
     * @param operation {@code prepare}, {@code scan} or {@code read}
     * @throws banger.api.BangerException {@code vm.not-running} and what the agent refuses
     */
    Frames converse(String operation, GuestPath path);
}
