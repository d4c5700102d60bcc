package banger.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A Markdown file of the checkout. */
record Document(Path path, String text) {
    static final Path CHECKOUT = Path.of(System.getProperty("banger.checkout", ".."));

    private static final Pattern LINK = Pattern.compile("\\[[^\\]]*\\]\\(([^)\\s]+)\\)");
    private static final Pattern FENCE = Pattern.compile("(?ms)^```[a-z]*\\n(.*?)^```$");

    static Document of(String name) {
        var path = CHECKOUT.resolve(name);
        try {
            return new Document(path, Files.readString(path));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Every document: those at the top and those below {@code docs}. */
    static List<Document> all() {
        try (var top = Files.list(CHECKOUT);
                var below = Files.walk(CHECKOUT.resolve("docs"))) {
            return Stream.concat(top, below)
                    .filter(p -> p.getFileName().toString().endsWith(".md"))
                    .sorted()
                    .map(p -> of(CHECKOUT.relativize(p).toString()))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What its links lead to; none from inside code. */
    List<String> links() {
        return groups(LINK, prose());
    }

    /** The contents of its fenced blocks. */
    List<String> blocks() {
        return groups(FENCE, text);
    }

    /** The first cells of a table's rows, backquotes off. */
    List<String> firstCells(String heading) {
        return groups(Pattern.compile("(?m)^ *\\| `([^`]+)`[^|]*\\|"), section(heading));
    }

    /** From a heading to the next of the same level or above. */
    String section(String heading) {
        var level = heading.substring(0, heading.indexOf(' ')).length();
        var start = ("\n" + text).indexOf("\n" + heading + "\n");
        if (start < 0) throw new IllegalArgumentException(path + " has no heading " + heading);
        var rest = text.substring(start + heading.length());
        var next = Pattern.compile("(?m)^#{1," + level + "} ").matcher(rest);
        return next.find() ? rest.substring(0, next.start()) : rest;
    }

    /** The headings as link targets, the way the usual renderers make them. */
    Set<String> anchors() {
        var anchors = new HashSet<String>();
        for (var heading :
                groups(Pattern.compile("(?m)^#{1,6} (.*)$"), FENCE.matcher(text).replaceAll("")))
            anchors.add(heading.strip()
                    .toLowerCase(Locale.ROOT)
                    .replaceAll("[^\\p{L}\\p{N} _-]", "")
                    .replace(' ', '-'));
        return anchors;
    }

    private String prose() {
        return FENCE.matcher(text).replaceAll("").replaceAll("`[^`\\n]*`", "");
    }

    static List<String> groups(Pattern pattern, String text) {
        var found = new ArrayList<String>();
        for (Matcher m = pattern.matcher(text); m.find(); ) found.add(m.group(1));
        return found;
    }

    @Override
    public String toString() {
        return CHECKOUT.relativize(path).toString();
    }
}
