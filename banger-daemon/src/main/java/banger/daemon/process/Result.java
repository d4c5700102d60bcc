package banger.daemon.process;

import java.nio.charset.StandardCharsets;

/** How a program ended. A non-zero status is a value, not an exception: the caller knows what it means. */
public record Result(int status, byte[] stdout, byte[] stderr) {
    public boolean ok() {
        return status == 0;
    }

    public String out() {
        return new String(stdout, StandardCharsets.UTF_8);
    }

    public String err() {
        return new String(stderr, StandardCharsets.UTF_8);
    }

    /** The last line of stderr that is not blank, for an error message; never empty. */
    public String reason() {
        return err().lines()
                .map(String::strip)
                .filter(s -> !s.isEmpty())
                .reduce((a, b) -> b)
                .orElse("status " + status);
    }
}
