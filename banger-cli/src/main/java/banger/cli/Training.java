package banger.cli;

/**
 * Runs everyday commands in one JVM, so that {@code scripts/train-aot} can make the AOT cache from what
 * they load. A main class of its own; not part of any command.
 */
public final class Training {
    private Training() {}

    /** @param commandLines one command a word, its own words separated by blanks */
    public static void main(String[] commandLines) {
        for (var line : commandLines) Launch.run(line.split(" "));
    }
}
