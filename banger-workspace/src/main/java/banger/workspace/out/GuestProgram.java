package banger.workspace.out;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Printable;
import banger.api.http.Duplex;
import banger.api.model.ExecRequest;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** A program in a guest whose output we take: exec frames of docs/protocol.md, without a terminal. */
final class GuestProgram {
    private static final int LONGEST_FRAME = 65536;
    private static final int WORDS = 16 << 10;

    /** Frame types. */
    private static final int STDIN = 0;

    private static final int STDOUT = 1;
    private static final int STDERR = 2;
    private static final int EXIT = 5;
    private static final int WHY = 6;

    private final Guest guest;

    GuestProgram(Guest guest) {
        this.guest = guest;
    }

    /**
     * Runs it with an input.
     *
     * @param sink gets its output as it comes
     * @throws BangerException {@code guest.refused} when its status is not zero, with its last words
     */
    void run(List<String> arguments, byte[] input, java.io.OutputStream sink) {
        var argv = arguments.stream()
                .map(a -> a.getBytes(StandardCharsets.UTF_8))
                .map(a -> Arrays.copyOf(a, a.length + 1))
                .toList();
        var request = new ExecRequest(argv, "/", null, List.of(), null, false);
        try (var stream = guest.exec(request)) {
            var feeder = Thread.ofVirtual().start(() -> feed(stream, input));
            receive(arguments.getFirst(), stream.in(), sink);
            feeder.interrupt();
        } catch (IOException e) {
            throw new BangerException(
                            ErrorCode.GUEST_PROTOCOL,
                            "vm " + guest.name() + ": the connection broke while " + arguments.getFirst()
                                    + " ran in it",
                            "banger vm logs " + guest.name() + ", then the same again")
                    .because(e);
        }
    }

    private static void feed(Duplex stream, byte[] input) {
        try {
            for (int at = 0; at < input.length; at += LONGEST_FRAME)
                send(stream, Arrays.copyOfRange(input, at, Math.min(input.length, at + LONGEST_FRAME)));
            send(stream, new byte[0]);
        } catch (IOException e) {
            // The program ended without reading all of it: its status tells.
            return;
        }
    }

    private static void send(Duplex stream, byte[] payload) throws IOException {
        var frame = new byte[4 + payload.length];
        frame[0] = STDIN;
        frame[1] = (byte) (payload.length >> 16);
        frame[2] = (byte) (payload.length >> 8);
        frame[3] = (byte) payload.length;
        System.arraycopy(payload, 0, frame, 4, payload.length);
        stream.out().write(frame);
        stream.out().flush();
    }

    private void receive(String program, InputStream raw, java.io.OutputStream sink) throws IOException {
        var in = new DataInputStream(raw);
        var words = new ByteArrayOutputStream();
        while (true) {
            int type = in.readUnsignedByte();
            int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
            if (length > LONGEST_FRAME) throw new IOException("a frame of " + length + " bytes");
            var payload = new byte[length];
            in.readFully(payload);
            switch (type) {
                case STDOUT -> sink.write(payload);
                case STDERR, WHY -> {
                    if (words.size() < WORDS) words.writeBytes(payload);
                }
                case EXIT -> {
                    if (length != 1) throw new IOException("a malformed exit status");
                    if (payload[0] != 0) throw failed(program, payload[0] & 0xff, words.toByteArray());
                    return;
                }
                default -> throw new IOException("a frame of type " + type);
            }
        }
    }

    private BangerException failed(String program, int status, byte[] words) {
        var last = new String(words, StandardCharsets.UTF_8)
                .lines()
                .filter(l -> !l.isBlank())
                .reduce((a, b) -> b)
                .orElse("status " + status);
        return new BangerException(
                ErrorCode.GUEST_REFUSED,
                "vm " + guest.name() + ": " + program + " in it failed: " + Printable.line(last));
    }
}
