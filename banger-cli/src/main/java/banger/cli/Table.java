package banger.cli;

import banger.api.Printable;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Columns two spaces apart: text left, numbers right, no borders. */
public final class Table {
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
        var widths = new int[columns.size()];
        for (int c = 0; c < widths.length; c++) {
            widths[c] = width(columns.get(c).header);
            for (var row : rows) widths[c] = Math.max(widths[c], width(row.get(c)));
        }
        var text = new StringBuilder();
        line(text, columns.stream().map(Column::header).toList(), widths);
        for (var row : rows) line(text, row, widths);
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
