package banger.cli;

import java.util.List;

/**
 * A command as data: parsing, help and completion are made from it.
 *
 * @param path {@code vm run}
 * @param summary one line, what it is for
 * @param operands as written in its usage line: {@code VM}, {@code [PATH]}, {@code VM…}
 * @param least and {@code most}: how many operands it takes
 * @param command whether words after {@code --} are the guest's
 * @param examples each runs as it stands
 */
public record Verb(
        String path,
        String summary,
        String operands,
        int least,
        int most,
        boolean command,
        List<Flag> flags,
        List<String> examples,
        Action action) {
    public static final int MANY = Integer.MAX_VALUE;

    /** Does it; returns the exit status. */
    @FunctionalInterface
    public interface Action {
        int run(Invocation invocation, Session session);
    }

    public Verb {
        flags = List.copyOf(flags);
        examples = List.copyOf(examples);
    }
}
