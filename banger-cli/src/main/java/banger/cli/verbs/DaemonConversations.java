package banger.cli.verbs;

import banger.api.client.BangerClient;
import banger.api.http.Duplex;
import banger.workspace.GuestPath;
import banger.workspace.wire.Conversations;

/** Workspace conversations through the daemon. */
record DaemonConversations(BangerClient daemon, String vm) implements Conversations {
    @Override
    public Duplex open(String op, GuestPath path) {
        return daemon.upgrade(Paths.vm(vm) + "/workspace?op=" + op + "&path=" + path.encoded(), "");
    }
}
