package banger.cli;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The terminal without line editing while a guest's terminal is on it; stty does the work. */
public final class RawMode {
    private static final File TTY = new File("/dev/tty");
    private static final int DEFAULT_COLUMNS = 80;
    private static final int DEFAULT_ROWS = 24;

    private final String saved;
    private final Thread restorer = new Thread(this::restore);
    private boolean left;

    private RawMode(String saved) {
        this.saved = saved;
    }

    static RawMode enter() {
        var mode = new RawMode(stty("-g"));
        Runtime.getRuntime().addShutdownHook(mode.restorer);
        stty("raw", "-echo");
        return mode;
    }

    void leave() {
        restore();
        Runtime.getRuntime().removeShutdownHook(restorer);
    }

    private synchronized void restore() {
        if (left || saved.isEmpty()) return;
        left = true;
        stty(saved);
    }

    /** Columns and rows. */
    public static int[] size() {
        var words = stty("size").split(" ");
        if (words.length == 2 && words[0].matches("[0-9]{1,5}") && words[1].matches("[0-9]{1,5}")) {
            int rows = Integer.parseInt(words[0]);
            int columns = Integer.parseInt(words[1]);
            if (rows > 0 && columns > 0) return new int[] {columns, rows};
        }
        return new int[] {DEFAULT_COLUMNS, DEFAULT_ROWS};
    }

    /** What stty printed; empty when there is no terminal. */
    private static String stty(String... arguments) {
        var command = new ArrayList<>(List.of("stty"));
        command.addAll(List.of(arguments));
        try {
            var process = new ProcessBuilder(command)
                    .redirectInput(TTY)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            var out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            process.waitFor();
            return out;
        } catch (IOException e) {
            return "";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "";
        }
    }
}
