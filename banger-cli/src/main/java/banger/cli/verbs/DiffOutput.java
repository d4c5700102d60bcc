package banger.cli.verbs;

import banger.api.Printable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/**
 * A patch on its way to a terminal: what a guest wrote is escaped first, git's colours come after. Lines longer than a
 * mebibyte are cut.
 */
final class DiffOutput extends OutputStream {
    private static final int LONGEST = 1 << 20;

    private final OutputStream out;
    private final boolean color;
    private final java.io.ByteArrayOutputStream line = new java.io.ByteArrayOutputStream();
    private boolean inHunk;

    DiffOutput(OutputStream out, boolean color) {
        this.out = out;
        this.color = color;
    }

    @Override
    public void write(int b) throws IOException {
        if (b == '\n') end();
        else if (line.size() < LONGEST) line.write(b);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        for (int i = 0; i < length; i++) write(bytes[offset + i]);
    }

    private void end() throws IOException {
        var text = Printable.lines(line.toString(StandardCharsets.UTF_8));
        line.reset();
        var code = color ? code(text) : "";
        var shown = code.isEmpty() ? text : "\033[" + code + "m" + text + "\033[m";
        out.write((shown + "\n").getBytes(StandardCharsets.UTF_8));
    }

    /** As git colours it. */
    private String code(String text) {
        if (text.startsWith("diff --git ")) inHunk = false;
        if (text.startsWith("@@ ")) {
            inHunk = true;
            return "36";
        }
        if (!inHunk) return text.isEmpty() || text.startsWith(" ") ? "" : "1";
        return text.startsWith("+") ? "32" : text.startsWith("-") ? "31" : "";
    }

    @Override
    public void flush() throws IOException {
        out.flush();
    }

    @Override
    public void close() throws IOException {
        if (line.size() > 0) end();
        out.flush();
    }
}
