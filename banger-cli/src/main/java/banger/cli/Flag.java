package banger.cli;

/**
 * An option of a command.
 *
 * @param names {@code --name}, or {@code -d, --detach}
 * @param value what its value is called, {@code SIZE}; empty: it takes none
 * @param help one line, lower case
 */
public record Flag(String names, String value, String help) {
    public static Flag of(String names, String value, String help) {
        return new Flag(names, value, help);
    }

    /** One without a value. */
    public static Flag yes(String names, String help) {
        return new Flag(names, "", help);
    }

    String[] all() {
        return names.split(", ");
    }

    /** The long name: how the value is asked for. */
    String key() {
        return all()[all().length - 1];
    }
}
