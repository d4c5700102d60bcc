package banger.cli;

import java.util.ArrayList;
import java.util.List;

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
        rows.add(List.of(cells));
    }

    @Override
    public String toString() {
        var widths = new int[columns.size()];
        for (int c = 0; c < widths.length; c++) {
            widths[c] = columns.get(c).header.length();
            for (var row : rows) widths[c] = Math.max(widths[c], row.get(c).length());
        }
        var text = new StringBuilder();
        line(text, columns.stream().map(Column::header).toList(), widths);
        for (var row : rows) line(text, row, widths);
        return text.toString();
    }

    private void line(StringBuilder text, List<String> cells, int[] widths) {
        var line = new StringBuilder();
        for (int c = 0; c < cells.size(); c++) {
            var pad = " ".repeat(widths[c] - cells.get(c).length());
            line.append(columns.get(c).number ? pad + cells.get(c) : cells.get(c) + pad)
                    .append("  ");
        }
        text.append(line.toString().stripTrailing()).append('\n');
    }
}
