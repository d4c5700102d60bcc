package banger.workspace.testing;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A class of the tests in a process of its own, which can be killed or stand in other mounts. */
public final class JavaProgram {
    private JavaProgram() {}

    /** The words that run its {@code main}. */
    public static List<String> of(Class<?> main, String... arguments) {
        var words = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Dbanger.checkout=" + System.getProperty("banger.checkout", ".."),
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        words.addAll(List.of(arguments));
        return words;
    }
}
