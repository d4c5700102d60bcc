package banger.workspace.git;

import banger.api.Printable;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** How a run of git ended. A status that is not zero is a value: the caller knows what it means. */
public record GitOutput(int status, byte[] stdout, byte[] stderr) {
    public boolean ok() {
        return status == 0;
    }

    /** Its standard output as text, without the last line break. */
    public String text() {
        var text = new String(stdout, StandardCharsets.UTF_8);
        return text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
    }

    public List<String> lines() {
        return text().isEmpty() ? List.of() : List.of(text().split("\n", -1));
    }

    /** Its standard output cut at its NULs. */
    public List<byte[]> records() {
        var records = new ArrayList<byte[]>();
        int start = 0;
        for (int i = 0; i < stdout.length; i++)
            if (stdout[i] == 0) {
                records.add(Arrays.copyOfRange(stdout, start, i));
                start = i + 1;
            }
        return records;
    }

    /** Whether git found no room on a disk; that is rarely what it complains about last. */
    public boolean diskFull() {
        return new String(stderr, StandardCharsets.UTF_8).contains("No space left on device");
    }

    /** What git complained about last, advice that follows left out, for an error message; never empty. */
    public String reason() {
        var lines = new String(stderr, StandardCharsets.UTF_8)
                .lines()
                .map(String::strip)
                .filter(s -> !s.isEmpty() && !s.startsWith("hint:"))
                .toList();
        return Printable.line(lines.stream()
                .filter(s -> s.startsWith("fatal: ") || s.startsWith("error: "))
                .reduce((a, b) -> b)
                .or(() -> lines.stream().reduce((a, b) -> b))
                .map(s -> s.replaceFirst("^(fatal|error): ", ""))
                .orElse("status " + status));
    }
}
