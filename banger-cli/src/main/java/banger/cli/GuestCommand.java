package banger.cli;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Printable;
import banger.api.client.BangerClient;
import banger.api.http.Duplex;
import banger.api.model.ExecRequest;
import banger.api.model.Terminal;
import io.avaje.jsonb.Jsonb;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/** A command in a guest with our standard streams: byte-exact, its status ours. */
public final class GuestCommand {
    private static final int MAX_FRAME = 65536;

    /** Frame types, docs/protocol.md "Exec frames". */
    private static final int STDIN = 0;

    private static final int STDOUT = 1;
    private static final int STDERR = 2;
    private static final int RESIZE = 3;
    private static final int SIGNAL = 4;
    private static final int EXIT = 5;
    private static final int WHY = 6;

    private final Session session;
    private final ReentrantLock writing = new ReentrantLock();

    public GuestCommand(Session session) {
        this.session = session;
    }

    /** Whether the guest command gets a terminal. */
    public enum Tty {
        AUTO,
        YES,
        NO
    }

    /**
     * @param command empty with {@code login}: the user's shell
     * @return the exit status
     */
    public int run(
            String vm,
            List<byte[]> command,
            Tty tty,
            Optional<String> user,
            Optional<String> cwd,
            List<String> env,
            boolean login) {
        var t = session.terminal();
        boolean terminal = tty == Tty.YES || tty == Tty.AUTO && t.inputIsTerminal() && t.outputIsTerminal();
        var variables =
                env.stream().map(e -> e.getBytes(StandardCharsets.UTF_8)).toList();
        var request = new ExecRequest(
                ended(command),
                cwd.orElse(null),
                user.orElse(null),
                ended(variables),
                terminal ? size(session) : null,
                login);
        var body = Jsonb.instance().type(ExecRequest.class).toJson(request);
        return relay(session.daemon(), "/v1/vms/" + vm + "/exec", body, terminal);
    }

    /** Each with a NUL at its end. */
    private static List<byte[]> ended(List<byte[]> strings) {
        return strings.stream().map(s -> Arrays.copyOf(s, s.length + 1)).toList();
    }

    private int relay(BangerClient daemon, String path, String body, boolean terminal) {
        session.terminal().clearLive();
        try (var connection = daemon.upgrade(path, body)) {
            var raw = terminal && session.terminal().inputIsTerminal()
                    ? Optional.of(RawMode.enter())
                    : Optional.<RawMode>empty();
            try {
                forwardSignals(connection, terminal);
                Thread.ofPlatform().daemon().name("stdin").start(() -> sendInput(connection));
                return receive(connection.in());
            } finally {
                raw.ifPresent(RawMode::leave);
            }
        } catch (IOException e) {
            throw new BangerException(
                            ErrorCode.GUEST_PROTOCOL,
                            "the connection to the guest broke before the command ended",
                            "banger ps; banger vm logs NAME")
                    .because(e);
        }
    }

    private int receive(InputStream in) throws IOException {
        var out = session.streams().out();
        var err = session.streams().err();
        var data = new DataInputStream(in);
        boolean outBroken = false;
        boolean errBroken = false;
        while (true) {
            int type = data.read();
            if (type < 0) throw new EOFException("no exit status");
            int length = data.readUnsignedByte() << 16 | data.readUnsignedShort();
            if (length > MAX_FRAME) throw new IOException("a frame of " + length + " bytes");
            var payload = new byte[length];
            data.readFully(payload);
            switch (type) {
                case STDOUT -> {
                    try {
                        if (!outBroken) out.write(payload);
                    } catch (IOException e) {
                        // Like a broken pipe for a local command: it is told, and its status still counts.
                        outBroken = true;
                        closedOutput();
                    }
                }
                case STDERR -> {
                    try {
                        if (!errBroken) err.write(payload);
                    } catch (IOException e) {
                        errBroken = true; // closed by whoever started us: its loss alone
                    }
                }
                case WHY ->
                    session.terminal().error(Printable.line(new String(payload, StandardCharsets.UTF_8)), List.of());
                case EXIT -> {
                    if (length != 1) throw new IOException("a malformed exit status");
                    return payload[0] & 0xff;
                }
                default -> throw new IOException("a frame of type " + type);
            }
        }
    }

    private Optional<Duplex> current = Optional.empty();

    private void closedOutput() throws IOException {
        if (current.isPresent()) send(current.get(), SIGNAL, new byte[] {13}, 1);
    }

    private void forwardSignals(Duplex connection, boolean terminal) {
        current = Optional.of(connection);
        if (terminal) {
            ProcessSignals.handle("WINCH", n -> {
                var size = size(session);
                tell(connection, RESIZE, new byte[] {
                    (byte) (size.columns() >> 8), (byte) size.columns(), (byte) (size.rows() >> 8), (byte) size.rows()
                });
            });
            return;
        }
        for (var name : List.of("INT", "TERM", "HUP", "QUIT"))
            ProcessSignals.handle(name, n -> tell(connection, SIGNAL, new byte[] {(byte) n}));
    }

    /** Sends what need not arrive: when the connection is gone the reader tells how. */
    private void tell(Duplex connection, int type, byte[] payload) {
        try {
            send(connection, type, payload, payload.length);
        } catch (IOException e) {
            return;
        }
    }

    private void sendInput(Duplex connection) {
        var in = session.streams().in();
        var buffer = new byte[MAX_FRAME];
        try {
            for (int n; (n = in.read(buffer)) > 0; ) send(connection, STDIN, buffer, n);
        } catch (IOException e) {
            // No input to be had (it may be closed): for the guest that is the end of it.
            session.terminal().clearLive();
        }
        try {
            send(connection, STDIN, buffer, 0);
        } catch (IOException e) {
            return;
        }
    }

    private void send(Duplex connection, int type, byte[] payload, int length) throws IOException {
        var frame = new byte[4 + length];
        frame[0] = (byte) type;
        frame[1] = (byte) (length >> 16);
        frame[2] = (byte) (length >> 8);
        frame[3] = (byte) length;
        System.arraycopy(payload, 0, frame, 4, length);
        writing.lock();
        try {
            OutputStream out = connection.out();
            out.write(frame);
            out.flush();
        } finally {
            writing.unlock();
        }
    }

    private static Terminal size(Session session) {
        var size = RawMode.size();
        return new Terminal(size[0], size[1], session.environment().getOrDefault("TERM", "xterm"));
    }
}
