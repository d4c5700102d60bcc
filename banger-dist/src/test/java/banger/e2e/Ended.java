package banger.e2e;

import java.nio.charset.StandardCharsets;
import java.util.List;

/** How a program ended and all it wrote. A signal's status is 128 + its number. */
record Ended(List<String> command, int status, byte[] outBytes, byte[] errBytes) {
    String out() {
        return new String(outBytes, StandardCharsets.UTF_8);
    }

    String err() {
        return new String(errBytes, StandardCharsets.UTF_8);
    }

    /** Itself, when it ended as expected. */
    Ended expect(int expected) {
        if (status != expected) throw new AssertionError("status " + status + ", not " + expected + ": " + this);
        return this;
    }

    /** Itself, when it said this on standard error. */
    Ended expectErr(String text) {
        if (!err().contains(text)) throw new AssertionError("no \"" + text + "\": " + this);
        return this;
    }

    Ended ok() {
        return expect(0);
    }

    @Override
    public String toString() {
        return shortened(String.join(" ", command)) + "\n-> " + status + "\n-- stdout\n" + shortened(out())
                + "\n-- stderr\n" + shortened(err());
    }

    private static String shortened(String text) {
        return text.length() < 3000 ? text : text.substring(0, 500) + "\n…\n" + text.substring(text.length() - 2500);
    }
}
