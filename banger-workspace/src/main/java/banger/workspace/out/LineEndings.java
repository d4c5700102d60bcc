package banger.workspace.out;

import java.io.ByteArrayOutputStream;

/** git's built-in end-of-line conversion towards the repository, the only one that ever runs on a guest's files. */
final class LineEndings {
    private LineEndings() {}

    /**
     * The content as git would store it.
     *
     * @param storedHasCrlf whether what the repository has of this path has such line ends: then git leaves them
     */
    static byte[] stored(byte[] content, Attributes.LineEnds how, boolean storedHasCrlf) {
        if (how == Attributes.LineEnds.AS_THEY_ARE || !hasCrlf(content)) return content;
        if (how == Attributes.LineEnds.IF_TEXT && (storedHasCrlf || !isText(content))) return content;
        var out = new ByteArrayOutputStream(content.length);
        for (int i = 0; i < content.length; i++)
            if (content[i] != '\r' || i + 1 == content.length || content[i + 1] != '\n') out.write(content[i]);
        return out.toByteArray();
    }

    static boolean hasCrlf(byte[] content) {
        for (int i = 0; i + 1 < content.length; i++) if (content[i] == '\r' && content[i + 1] == '\n') return true;
        return false;
    }

    /** As git guesses: no NUL, no carriage return alone, hardly a control character. */
    private static boolean isText(byte[] content) {
        long printable = 0;
        long other = 0;
        for (int i = 0; i < content.length; i++) {
            int c = content[i] & 0xff;
            switch (c) {
                case 0 -> {
                    return false;
                }
                case '\r' -> {
                    if (i + 1 == content.length || content[i + 1] != '\n') return false;
                }
                case '\n' -> {}
                case '\b', '\t', 033, 014 -> printable++;
                case 127 -> other++;
                default -> {
                    if (c < 32) other++;
                    else printable++;
                }
            }
        }
        // A Ctrl-Z at the end is a text's end on some systems.
        if (content.length > 0 && content[content.length - 1] == 032) other--;
        return printable >> 7 >= other;
    }
}
