package banger.api.text;

import banger.api.Printable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Columns two spaces apart: text left, numbers right, no borders. */
public final class Table {
    private static final String ELLIPSIS = "…";
    /** A column is not cut to less: what is left would say nothing. */
    private static final int LEAST = 8;

    private record Column(String header, boolean number) {}

    private final List<Column> columns = new ArrayList<>();
    private final List<List<String>> rows = new ArrayList<>();

    public Table text(String header) {
        columns.add(new Column(header, false));
        return this;
    }

    public Table number(String header) {
        columns.add(new Column(header, true));
        return this;
    }

    public void row(String... cells) {
        if (cells.length != columns.size()) throw new IllegalArgumentException("cells");
        rows.add(Stream.of(cells).map(Printable::line).toList());
    }

    @Override
    public String toString() {
        return text(rows, widths());
    }

    /** The same in lines of at most so many columns, as far as cutting the widest text column achieves that. */
    public String within(int most) {
        var widths = widths();
        int over = IntStream.of(widths).sum() + 2 * (widths.length - 1) - most;
        int widest = IntStream.range(0, widths.length)
                .filter(c -> !columns.get(c).number)
                .boxed()
                .max(Comparator.comparingInt(c -> widths[c]))
                .orElse(-1);
        if (over <= 0 || widest < 0) return text(rows, widths);
        int room = Math.max(widths[widest] - over, Math.max(width(columns.get(widest).header), LEAST));
        if (room >= widths[widest]) return text(rows, widths);
        widths[widest] = room;
        var fitting = new ArrayList<List<String>>();
        for (var row : rows) {
            var cells = new ArrayList<>(row);
            cells.set(widest, cut(cells.get(widest), room));
            fitting.add(cells);
        }
        return text(fitting, widths);
    }

    private static String cut(String text, int room) {
        if (width(text) <= room) return text;
        var kept = new StringBuilder();
        int used = 0;
        for (int c : text.codePoints().toArray()) {
            used += width(c);
            if (used > room - ELLIPSIS.length()) break;
            kept.appendCodePoint(c);
        }
        return kept + ELLIPSIS;
    }

    private int[] widths() {
        var widths = new int[columns.size()];
        for (int c = 0; c < widths.length; c++) {
            widths[c] = width(columns.get(c).header);
            for (var row : rows) widths[c] = Math.max(widths[c], width(row.get(c)));
        }
        return widths;
    }

    private String text(List<List<String>> lines, int[] widths) {
        var text = new StringBuilder();
        line(text, columns.stream().map(Column::header).toList(), widths);
        for (var row : lines) line(text, row, widths);
        return text.toString();
    }

    /** Columns that text takes on a terminal. */
    private static int width(String text) {
        return text.codePoints().map(Table::width).sum();
    }

    private static int width(int c) {
        if (Character.getType(c) == Character.NON_SPACING_MARK || Character.getType(c) == Character.ENCLOSING_MARK)
            return 0;
        boolean wide = Character.isIdeographic(c)
                || c >= 0x1100 && c <= 0x115f // Hangul
                || c >= 0x2e80 && c <= 0xa4cf
                || c >= 0xac00 && c <= 0xd7a3
                || c >= 0xff00 && c <= 0xff60 // full width
                || c >= 0x1f300 && c <= 0x1faff; // pictographs
        return wide ? 2 : 1;
    }

    private void line(StringBuilder text, List<String> cells, int[] widths) {
        var line = new StringBuilder();
        for (int c = 0; c < cells.size(); c++) {
            var pad = " ".repeat(widths[c] - width(cells.get(c)));
            line.append(columns.get(c).number ? pad + cells.get(c) : cells.get(c) + pad)
                    .append("  ");
        }
        text.append(line.toString().stripTrailing()).append('\n');
    }
}
