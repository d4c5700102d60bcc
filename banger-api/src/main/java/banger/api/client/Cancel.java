package banger.api.client;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.http.Duplex;
import java.io.IOException;
import java.util.Optional;

/**
 * Cancels an operation from another thread. Whoever waits for the operation is still told what became of it: it may
 * have come to its end by then.
 */
public final class Cancel {
    private Optional<Duplex> connection = Optional.empty();
    private boolean wanted;

    /** A client that ends its side has gone, to the daemon; its answer can still be read. */
    public synchronized void now() {
        wanted = true;
        if (connection.isEmpty()) return;
        try {
            connection.get().endOutput();
        } catch (IOException e) {
            // The connection is gone, and the operation with it.
            connection = Optional.empty();
        }
    }

    /** @throws BangerException {@code cancelled}: before it had begun */
    synchronized void over(Duplex begun) {
        if (wanted) throw new BangerException(ErrorCode.CANCELLED, "cancelled");
        connection = Optional.of(begun);
    }
}
