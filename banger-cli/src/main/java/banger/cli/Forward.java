package banger.cli;

import banger.api.http.Duplex;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** Standard input and output joined with a port of a guest; each direction ends by itself. */
public final class Forward {
    private static final int MAX_FRAME = 65536;

    private final Session session;

    public Forward(Session session) {
        this.session = session;
    }

    /** @return 0 when both directions ended in order, 1 when the connection broke */
    public int join(String path) {
        var streams = session.streams();
        try (var connection = session.daemon().upgrade(path, "")) {
            Thread.ofPlatform().daemon().name("stdin").start(() -> send(streams.in(), connection));
            receive(connection, streams.out());
            return 0;
        } catch (IOException e) {
            return 1;
        }
    }

    private static void receive(Duplex connection, OutputStream out) throws IOException {
        var data = new DataInputStream(connection.in());
        while (true) {
            int type = data.read();
            if (type < 0) throw new EOFException("cut");
            int length = data.readUnsignedByte() << 16 | data.readUnsignedShort();
            if (length > MAX_FRAME || type != 1) throw new IOException("not a forward frame");
            if (length == 0) return;
            var payload = new byte[length];
            data.readFully(payload);
            out.write(payload);
        }
    }

    private static void send(InputStream in, Duplex connection) {
        var frame = new byte[4 + MAX_FRAME];
        try {
            int n;
            do {
                n = Math.max(0, in.read(frame, 4, MAX_FRAME));
                frame[0] = 0;
                frame[1] = (byte) (n >> 16);
                frame[2] = (byte) (n >> 8);
                frame[3] = (byte) n;
                connection.out().write(frame, 0, 4 + n);
                connection.out().flush();
            } while (n > 0);
        } catch (IOException e) {
            // Either end is gone; the receiving side tells.
            return;
        }
    }
}
