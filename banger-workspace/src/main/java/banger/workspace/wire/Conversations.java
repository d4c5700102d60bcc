package banger.workspace.wire;

import banger.api.http.Duplex;
import banger.workspace.GuestPath;

/** Begins workspace conversations with the agent of one running VM. */
public interface Conversations {
    /** @param op {@code prepare}, {@code scan} or {@code read} */
    Duplex open(String op, GuestPath path);

    /** The VM's name, for errors. */
    String vm();
}
