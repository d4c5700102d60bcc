package banger.daemon.vm;

import banger.api.Printable;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;

/** The guest's serial console as the shim kept it. Its bytes are the guest's: made printable here. */
public final class ConsoleLog {
    private static final int TAIL_BYTES = 16 * 1024;

    private ConsoleLog() {}

    /**
     * The last lines of this run that are not blank, oldest first; empty when there are none. Of an earlier
     * run, which the older file may hold, nothing is told.
     */
    public static List<String> tail(VmDirectory dir, int lines) {
        var text = new StringBuilder();
        if (!Files.exists(dir.console())) return List.of();
        try (var in = new RandomAccessFile(dir.console().toFile(), "r")) {
            in.seek(Math.max(0, in.length() - TAIL_BYTES));
            var bytes = new byte[TAIL_BYTES];
            int n = in.read(bytes);
            if (n > 0) text.append(new String(bytes, 0, n, StandardCharsets.UTF_8));
        } catch (IOException e) {
            return List.of("(console log cannot be read: " + e.getMessage() + ")");
        }
        var all = text.toString()
                .lines()
                .map(String::strip)
                .filter(l -> !l.isEmpty())
                .toList();
        return all.subList(Math.max(0, all.size() - lines), all.size()).stream()
                .map(Printable::line)
                .toList();
    }

    /** Whether the kernel's last words are a panic; a trace of any length follows its first line. */
    static boolean panicked(VmDirectory dir) {
        return tail(dir, Integer.MAX_VALUE).stream().anyMatch(l -> l.contains("Kernel panic - not syncing"));
    }
}
