package banger.daemon.guest;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.model.ExecRequest;
import banger.api.model.Terminal;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** A command as the agent reads it: {@code key=value} lines, values in Base64. */
record ExecDescription(byte[] bytes) {
    private static final int MAX_ARGUMENTS = 4096;
    private static final int MAX_BYTES = 2 << 20;

    /**
     * @throws BangerException {@code usage} when a byte string is not Base64 or there is too much of it
     */
    static ExecDescription of(ExecRequest request) {
        if (request.argv().size() > MAX_ARGUMENTS) throw tooLong();
        if (request.argv().isEmpty() && !request.login())
            throw new BangerException(ErrorCode.USAGE, "exec: no command");
        var text = new StringBuilder();
        for (var argument : request.argv()) line(text, "arg", checked(argument));
        for (var variable : request.env()) line(text, "env", checked(variable));
        if (request.cwd() != null) line(text, "cwd", encode(request.cwd()));
        if (request.user() != null) line(text, "user", encode(request.user()));
        if (request.login()) line(text, "login", encode("1"));
        if (request.tty() != null) line(text, "tty", encode(terminal(request.tty())));
        if (text.length() > MAX_BYTES) throw tooLong();
        return new ExecDescription(text.toString().getBytes(StandardCharsets.US_ASCII));
    }

    private static String terminal(Terminal tty) {
        if (tty.columns() < 1 || tty.columns() > 65535 || tty.rows() < 1 || tty.rows() > 65535)
            throw new BangerException(ErrorCode.USAGE, "exec: not a terminal size");
        var term = tty.term().matches("[A-Za-z0-9._+-]{1,64}") ? tty.term() : "dumb";
        return tty.columns() + " " + tty.rows() + " " + term;
    }

    private static String checked(String base64) {
        try {
            if (contains(Base64.getDecoder().decode(base64), (byte) 0))
                throw new BangerException(ErrorCode.USAGE, "exec: an argument with a NUL byte");
            return base64;
        } catch (IllegalArgumentException e) {
            throw new BangerException(ErrorCode.USAGE, "exec: an argument that is not Base64").because(e);
        }
    }

    private static boolean contains(byte[] bytes, byte wanted) {
        for (var b : bytes) if (b == wanted) return true;
        return false;
    }

    private static String encode(String text) {
        return checked(Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static void line(StringBuilder text, String key, String value) {
        text.append(key).append('=').append(value).append('\n');
    }

    private static BangerException tooLong() {
        return new BangerException(ErrorCode.USAGE, "exec: more than " + MAX_ARGUMENTS + " arguments or 2 MiB");
    }
}
