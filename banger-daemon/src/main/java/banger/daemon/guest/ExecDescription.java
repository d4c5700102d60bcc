package banger.daemon.guest;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.model.ExecRequest;
import banger.api.model.Terminal;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;

/** A command as the agent reads it: {@code key=value} lines, values in Base64. */
record ExecDescription(byte[] bytes) {
    private static final int MAX_ARGUMENTS = 4096;
    private static final int MAX_BYTES = 2 << 20;

    /**
     * @throws BangerException {@code usage} when a byte string is not ended or there is too much of it
     */
    static ExecDescription of(ExecRequest request) {
        if (request.argv().size() > MAX_ARGUMENTS) throw tooLong();
        if (request.argv().isEmpty() && !request.login())
            throw new BangerException(ErrorCode.USAGE, "exec: no command");
        var text = new StringBuilder();
        for (var argument : request.argv()) line(text, "arg", unended(argument));
        for (var variable : request.env()) line(text, "env", unended(variable));
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

    /** Without the NUL at its end, in Base64. */
    private static String unended(byte[] string) {
        int length = string.length - 1;
        if (length < 0 || indexOfNul(string) != length)
            throw new BangerException(ErrorCode.USAGE, "exec: an argument without a NUL at its end, or with another");
        return encode(Arrays.copyOf(string, length));
    }

    private static int indexOfNul(byte[] bytes) {
        for (int i = 0; i < bytes.length; i++) if (bytes[i] == 0) return i;
        return -1;
    }

    private static String encode(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }

    private static String encode(String text) {
        if (text.indexOf('\0') >= 0) throw new BangerException(ErrorCode.USAGE, "exec: text with a NUL character");
        return encode(text.getBytes(StandardCharsets.UTF_8));
    }

    private static void line(StringBuilder text, String key, String value) {
        text.append(key).append('=').append(value).append('\n');
    }

    private static BangerException tooLong() {
        return new BangerException(ErrorCode.USAGE, "exec: more than " + MAX_ARGUMENTS + " arguments or 2 MiB");
    }
}
