package banger.workspace.wire;

import java.io.IOException;

/** How the guest's repository stands to what was delivered. */
public enum GitState {
    NONE,
    AS_DELIVERED,
    MOVED;

    static GitState of(int code) throws IOException {
        if (code < 0 || code >= values().length) throw new IOException("a repository in state " + code);
        return values()[code];
    }
}
