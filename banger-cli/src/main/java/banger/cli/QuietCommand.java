package banger.cli;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Printable;
import banger.api.client.BangerClient;
import banger.api.http.Duplex;
import banger.api.model.ExecRequest;
import io.avaje.jsonb.Jsonb;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** A command in a guest that nobody types into: its output goes where it is wanted, or is kept up to a bound. */
public final class QuietCommand {
    private static final int KEPT = 1 << 20;
    private static final int MAX_FRAME = 65536;
    private static final int EXIT = 5;

    private QuietCommand() {}

    /** @param output stdout and stderr as they came, at most 1 MiB */
    public record Ended(int status, byte[] output) {
        public boolean ok() {
            return status == 0;
        }
    }

    /** Takes what it prints, standard output and error as they come. */
    @FunctionalInterface
    public interface Output {
        void take(byte[] bytes) throws IOException;
    }

    public static Ended run(
            BangerClient daemon, String vm, List<String> command, Optional<String> cwd, List<String> env) {
        return runExactly(daemon, vm, bytes(command), cwd, env);
    }

    /** The same of words that need not be text. */
    public static Ended runExactly(
            BangerClient daemon, String vm, List<byte[]> command, Optional<String> cwd, List<String> env) {
        var output = new ByteArrayOutputStream();
        int status = runInto(daemon, vm, command, cwd, env, bytes -> {
            if (output.size() < KEPT) output.writeBytes(bytes);
        });
        return new Ended(status, output.toByteArray());
    }

    /** @return its exit status */
    public static int runInto(
            BangerClient daemon,
            String vm,
            List<byte[]> command,
            Optional<String> cwd,
            List<String> env,
            Output output) {
        var request = new ExecRequest(ended(command), cwd.orElse(null), null, ended(bytes(env)), null, false);
        var body = Jsonb.instance().type(ExecRequest.class).toJson(request);
        try (var connection = daemon.upgrade("/v1/vms/" + vm + "/exec", body)) {
            noInput(connection);
            var in = new DataInputStream(connection.in());
            while (true) {
                int type = in.readUnsignedByte();
                int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
                if (length > MAX_FRAME) throw new IOException("a frame of " + length + " bytes");
                var payload = new byte[length];
                in.readFully(payload);
                if (type == EXIT && length == 1) return payload[0] & 0xff;
                output.take(payload);
            }
        } catch (IOException e) {
            throw new BangerException(
                            ErrorCode.GUEST_PROTOCOL,
                            "the connection to the guest broke while "
                                    + Printable.line(new String(command.getFirst(), StandardCharsets.UTF_8))
                                    + " ran in it",
                            "banger ps; banger vm logs NAME")
                    .because(e);
        }
    }

    /** A command that is over by now, or was none, does not read that: how it ended is there to be read all the same. */
    private static void noInput(Duplex connection) {
        try {
            connection.out().write(new byte[4]); // an empty frame of type 0
            connection.out().flush();
        } catch (IOException e) {
            return;
        }
    }

    private static List<byte[]> bytes(List<String> words) {
        return words.stream().map(w -> w.getBytes(StandardCharsets.UTF_8)).toList();
    }

    /** Each with a NUL at its end. */
    private static List<byte[]> ended(List<byte[]> words) {
        return words.stream().map(b -> Arrays.copyOf(b, b.length + 1)).toList();
    }
}
