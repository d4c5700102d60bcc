package banger.workspace.out;

import banger.api.http.Duplex;
import banger.api.model.ExecRequest;
import banger.workspace.GuestPath;
import banger.workspace.wire.Frames;

/** What can be asked of a VM's agent: by a client through the daemon, or by the daemon itself. */
public interface Guest {
    /** The VM's name. */
    String name();

    /**
     * Begins a workspace conversation.
     *
     * @param operation {@code scan} or {@code read}
     * @throws banger.api.BangerException {@code vm.not-running} and what the agent refuses
     */
    Frames converse(String operation, GuestPath path);

    /** Starts a command; the stream carries exec frames. */
    Duplex exec(ExecRequest command);
}
