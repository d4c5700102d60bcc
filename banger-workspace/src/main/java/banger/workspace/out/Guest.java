package banger.workspace.out;

import banger.api.http.Duplex;
import banger.api.model.ExecRequest;
import banger.workspace.wire.Conversations;

/** What can be asked of a VM's agent: by a client through the daemon, or by the daemon itself. */
public interface Guest extends Conversations {
    /** Starts a command; the stream carries exec frames. */
    Duplex exec(ExecRequest command);
}
