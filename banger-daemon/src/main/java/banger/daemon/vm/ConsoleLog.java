package banger.daemon.vm;

import banger.api.Printable;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The guest's serial console as the shim kept it. Its bytes are the guest's: made printable here. */
public final class ConsoleLog {
    private static final int TAIL_BYTES = 16 * 1024;

    private static final String PANIC = "Kernel panic - not syncing";
    /** How Linux on x86 begins to tell of it; the number is that of the oops. */
    private static final Pattern TROUBLE = Pattern.compile("\\bBUG: |\\[#\\d+\\]");

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

    /**
     * What says best why a guest ended: of a kernel that panicked what it ran into and where, not the last lines of
     * registers and traces; else {@link #tail}.
     */
    static List<String> lastWords(VmDirectory dir, int lines) {
        var all = tail(dir, Integer.MAX_VALUE);
        int panic = 0;
        while (panic < all.size() && !all.get(panic).contains(PANIC)) panic++;
        if (panic == all.size()) return tail(dir, lines);
        var before = all.subList(0, panic);
        int from = 0;
        while (from < panic && !TROUBLE.matcher(before.get(from)).find()) from++;
        var trouble = from < panic
                ? before.subList(from, panic).stream()
                        .filter(l -> TROUBLE.matcher(l).find() || l.contains("RIP: 0010"))
                        .limit(lines - 1L)
                : before.subList(Math.max(0, panic - lines + 1), panic).stream();
        return Stream.concat(trouble, Stream.of(all.get(panic))).toList();
    }

    /** Whether the kernel's last words are a panic; a trace of any length follows its first line. */
    static boolean panicked(VmDirectory dir) {
        return tail(dir, Integer.MAX_VALUE).stream().anyMatch(l -> l.contains(PANIC));
    }
}
