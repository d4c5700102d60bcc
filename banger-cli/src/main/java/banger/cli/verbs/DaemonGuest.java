package banger.cli.verbs;

import banger.api.client.BangerClient;
import banger.api.http.Duplex;
import banger.api.model.ExecRequest;
import banger.workspace.GuestPath;
import banger.workspace.out.Guest;
import banger.workspace.out.Patience;
import banger.workspace.wire.Frames;
import io.avaje.jsonb.Jsonb;
import java.time.Duration;

/** A guest as the daemon lets us reach it. */
record DaemonGuest(BangerClient daemon, String id, String name) implements Guest {
    /** An emulated guest may take minutes to hash what changed. */
    private static final Duration SILENCE = Duration.ofMinutes(5);

    @Override
    public Frames converse(String operation, GuestPath path) {
        var stream = daemon.upgrade(Paths.vm(id) + "/workspace?op=" + operation + "&path=" + path.encoded(), "");
        return new Frames(name, new Patience(stream, SILENCE));
    }

    @Override
    public Duplex exec(ExecRequest command) {
        var body = Jsonb.instance().type(ExecRequest.class).toJson(command);
        return new Patience(daemon.upgrade(Paths.vm(id) + "/exec", body), SILENCE);
    }
}
