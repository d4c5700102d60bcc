package banger.api.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Text compared with a file below {@code src/test/resources/golden} of the module under test. A file that
 * is missing, or every file with {@code -Dgolden.update=true}, is written, and the test fails all the
 * same: somebody has to look at it.
 */
public final class Golden {
    private static final Path DIRECTORY = Path.of(System.getProperty("basedir", ""), "src/test/resources/golden");

    private Golden() {}

    /** @param name of the file, with its directories below {@code golden} */
    public static void check(String name, String actual) {
        var file = DIRECTORY.resolve(name);
        try {
            if (!Files.exists(file)) throw written(file, actual, "was not there");
            var expected = Files.readString(file);
            if (expected.equals(actual) && !Boolean.getBoolean("golden.update")) return;
            if (Boolean.getBoolean("golden.update")) throw written(file, actual, "golden.update is set");
            throw new AssertionError(file + " says\n" + expected + "\nbut this came\n" + actual
                    + "\nrewrite it with -Dgolden.update=true");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static AssertionError written(Path file, String actual, String why) throws IOException {
        var directory = file.getParent();
        if (directory != null) Files.createDirectories(directory);
        Files.writeString(file, actual);
        return new AssertionError(file + ": written, for it " + why + "; read it, then run again");
    }
}
