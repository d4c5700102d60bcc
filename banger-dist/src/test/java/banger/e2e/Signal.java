package banger.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;

/** Signals by name to one process. */
final class Signal {
    private Signal() {}

    static void send(long pid, String name) {
        try {
            int status = new ProcessBuilder("kill", "-s", name, Long.toString(pid))
                    .inheritIO()
                    .start()
                    .waitFor();
            if (status != 0) throw new AssertionError("kill -s " + name + " " + pid + ": status " + status);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
