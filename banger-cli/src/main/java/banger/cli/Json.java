package banger.cli;

import io.avaje.jsonb.Jsonb;
import java.util.List;

/** Results as JSON on standard output, laid out for people: the library's own layout breaks in lists. */
public final class Json {
    private Json() {}

    public static <T> String of(Class<T> type, T value) {
        return pretty(Jsonb.instance().type(type).toJson(value));
    }

    public static <T> String list(Class<T> type, List<T> values) {
        return pretty(Jsonb.instance().type(type).list().toJson(values));
    }

    /** @param json without white space between its tokens */
    static String pretty(String json) {
        var text = new StringBuilder(json.length() * 2);
        int depth = 0;
        boolean quoted = false;
        for (int i = 0; i < json.length(); i++) {
            char c = json.charAt(i);
            if (quoted) {
                text.append(c);
                if (c == '\\') text.append(json.charAt(++i));
                else if (c == '"') quoted = false;
                continue;
            }
            boolean empty = i > 0 && (json.charAt(i - 1) == '{' || json.charAt(i - 1) == '[');
            switch (c) {
                case '}', ']' -> {
                    depth--;
                    if (!empty) line(text, depth);
                    text.append(c);
                }
                case ',' -> line(text.append(c), depth);
                case ':' -> text.append(": ");
                default -> {
                    if (empty) line(text, depth);
                    text.append(c);
                    quoted = c == '"';
                    if (c == '{' || c == '[') depth++;
                }
            }
        }
        return text.toString();
    }

    private static void line(StringBuilder text, int depth) {
        text.append('\n').append("  ".repeat(depth));
    }
}
