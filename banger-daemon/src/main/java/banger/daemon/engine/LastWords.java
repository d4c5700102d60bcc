package banger.daemon.engine;

import banger.api.Printable;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What a VMM said before it ended: the last line on its standard error and, of an engine that logs to its standard output,
 * the last of those. Printable and bounded.
 *
 * @param logged its own lines among those of the guest's console, group 1 the words. A guest may write such lines too, and
 *     then the error of its own VM shows them
 */
record LastWords(Path directory, Optional<Pattern> logged) {
    private static final int TAIL_BYTES = 16 * 1024;
    private static final int LONGEST = 300;
    private static final int MOST_LINES = 2;

    /** What is known of its end, or better words of its own. */
    String instead(String what) {
        var complaint = complaint();
        return (complaint.isEmpty() ? cut(what) : complaint) + remark();
    }

    /** Says more of its end. */
    String after(String how) {
        var complaint = complaint();
        return how + (complaint.isEmpty() ? "" : ": " + complaint) + remark();
    }

    private String complaint() {
        return cut(tail("vmm.log")
                .lines()
                .filter(l -> !l.isBlank() && !l.contains("warning:"))
                .reduce((a, b) -> b)
                .orElse(""));
    }

    private String remark() {
        if (logged.isEmpty()) return "";
        var lines = logged.get()
                .matcher(tail("console.log"))
                .results()
                .map(r -> cut(r.group(1)))
                .toList();
        return lines.isEmpty()
                ? ""
                : " (" + String.join("; ", lines.subList(Math.max(0, lines.size() - MOST_LINES), lines.size())) + ")";
    }

    private String tail(String name) {
        try (var in = new RandomAccessFile(directory.resolve(name).toFile(), "r")) {
            in.seek(Math.max(0, in.length() - TAIL_BYTES));
            var bytes = new byte[TAIL_BYTES];
            int n = in.read(bytes);
            return new String(bytes, 0, Math.max(0, n), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return ""; // it was never started
        }
    }

    private static String cut(String text) {
        var line = Printable.line(String.join(
                " ", text.lines().map(String::strip).filter(l -> !l.isEmpty()).toList()));
        return line.length() > LONGEST ? line.substring(0, LONGEST) + " …" : line;
    }
}
