package banger.api;

/**
 * Text from outside made safe for a terminal or a log line: control characters (C0, C1), escape
 * sequences and bidirectional controls become visible escapes.
 */
public final class Printable {
    private Printable() {}

    /** One line: line breaks are escaped too. */
    public static String line(String text) {
        return escape(text, false);
    }

    /** Several lines: line feeds and tabs stay. */
    public static String lines(String text) {
        return escape(text, true);
    }

    /** A value of the user's, in quotes when it would be hard to see otherwise. */
    public static String quote(String text) {
        var safe = line(text);
        return safe.isEmpty() || safe.indexOf(' ') >= 0 || !safe.equals(text) ? "\"" + safe + "\"" : safe;
    }

    /** A word of a command for a person to type in a shell. */
    public static String word(String text) {
        return text.matches("[A-Za-z0-9_./:=@%+,~-]+") ? text : "'" + line(text).replace("'", "'\\''") + "'";
    }

    private static String escape(String text, boolean breaks) {
        StringBuilder out = null;
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            if (dangerous(c) && !(breaks && (c == '\n' || c == '\t'))) {
                if (out == null) out = new StringBuilder(text.length() + 16).append(text, 0, i);
                out.append(c < 256 ? String.format("\\x%02x", c) : String.format("\\u{%x}", c));
            } else if (out != null) {
                out.appendCodePoint(c);
            }
            i += Character.charCount(c);
        }
        return out == null ? text : out.toString();
    }

    private static boolean dangerous(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL, Character.SURROGATE, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR ->
                true;
            // Format characters hold the bidirectional controls; soft hyphen and joiners go with them.
            case Character.FORMAT -> true;
            default -> false;
        };
    }
}
