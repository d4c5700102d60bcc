package banger.cli;

import java.util.List;

/**
 * An option of a command.
 *
 * @param names {@code --name}, or {@code -d, --detach}
 * @param value what its value is called, {@code SIZE}; empty: it takes none
 * @param help one line, lower case
 * @param about what it is about, {@code the VM}: flags about one thing stand together in help; empty: the
 *     command itself
 */
public record Flag(String names, String value, String help, String about) {
    public static Flag of(String names, String value, String help) {
        return new Flag(names, value, help, "");
    }

    /** One without a value. */
    public static Flag yes(String names, String help) {
        return of(names, "", help);
    }

    /** These flags, being about this. */
    public static List<Flag> about(String thing, List<Flag> flags) {
        return flags.stream()
                .map(f -> new Flag(f.names(), f.value(), f.help(), thing))
                .toList();
    }

    String[] all() {
        return names.split(", ");
    }

    /** The long name: how the value is asked for. */
    String key() {
        return all()[all().length - 1];
    }
}
