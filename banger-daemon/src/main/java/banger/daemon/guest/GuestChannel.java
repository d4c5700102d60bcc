package banger.daemon.guest;

import banger.api.http.Duplex;
import java.io.Closeable;
import java.io.IOException;

/** Opens streams to the agent of one running machine. */
public interface GuestChannel extends Closeable {
    /** A new stream; a stalled one never holds up another. */
    Duplex open() throws IOException;
}
