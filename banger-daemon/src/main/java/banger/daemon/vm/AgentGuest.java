package banger.daemon.vm;

import banger.api.http.Duplex;
import banger.api.model.ExecRequest;
import banger.daemon.guest.Agent;
import banger.workspace.GuestPath;
import banger.workspace.out.Guest;
import banger.workspace.out.Patience;
import banger.workspace.wire.Frames;
import java.time.Duration;

/** A guest as the daemon itself reaches it. */
record AgentGuest(String name, Agent agent, Duration silence) implements Guest {
    @Override
    public Frames converse(String operation, GuestPath path) {
        return new Frames(name, new Patience(agent.workspace(operation, path.encoded()), silence));
    }

    @Override
    public Duplex exec(ExecRequest command) {
        return new Patience(agent.exec(command), silence);
    }
}
