package banger.daemon.engine.firecracker;

import banger.api.Printable;
import banger.api.http.Duplex;
import banger.daemon.guest.Deadlines;
import banger.daemon.guest.GuestChannel;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/** One connection through Firecracker's vsock socket for each stream. */
final class VsockChannel implements GuestChannel {
    /** Where the agent listens. */
    private static final int PORT = 10;

    private static final int MAX_LINE = 32;

    private final Path socket;
    private final Duration deadline;

    VsockChannel(Path socket) {
        this(socket, Duration.ofSeconds(2));
    }

    VsockChannel(Path socket, Duration deadline) {
        this.socket = socket;
        this.deadline = deadline;
    }

    @Override
    public Duplex open() throws IOException {
        var pipe = Duplex.connect(socket);
        var expired = new AtomicBoolean();
        var timer = Deadlines.after(deadline, () -> {
            expired.set(true);
            close(pipe);
        });
        try {
            // In one write: Firecracker reads the first ten bytes at once.
            pipe.out().write(("CONNECT " + PORT + "\n").getBytes(StandardCharsets.US_ASCII));
            pipe.out().flush();
            var line = line(pipe);
            if (!line.matches("OK [0-9]{1,10}")) throw new IOException("its vsock answered " + Printable.quote(line));
            return pipe;
        } catch (IOException e) {
            close(pipe);
            if (expired.get())
                throw new IOException("its vsock did not answer within " + deadline.toMillis() + " ms", e);
            throw e;
        } finally {
            timer.cancel(false);
        }
    }

    private static String line(Duplex pipe) throws IOException {
        var line = new StringBuilder();
        for (int b; (b = pipe.in().read()) != '\n'; ) {
            if (b < 0) throw new EOFException("nothing listens in the guest");
            if (line.length() == MAX_LINE) throw new IOException("its vsock answered too long a line");
            line.append((char) b);
        }
        return line.toString();
    }

    private static void close(Duplex pipe) {
        try {
            pipe.close();
        } catch (IOException e) {
            // Gone either way.
            return;
        }
    }

    @Override
    public void close() {
        // Each stream is a connection of its own and ends with Firecracker at the latest.
    }
}
