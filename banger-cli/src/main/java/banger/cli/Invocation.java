package banger.cli;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A command line that has been understood.
 *
 * @param values by long flag name; a flag without a value has an empty list
 * @param command the words after {@code --}, byte for byte
 */
public record Invocation(
        Map<String, List<String>> values, List<String> operands, boolean separator, List<byte[]> command) {
    public boolean has(String flag) {
        return values.containsKey(flag);
    }

    /** Every value of a flag that was given several times, in order. */
    public List<String> all(String flag) {
        return values.getOrDefault(flag, List.of());
    }

    /** The value of a flag; the last one counts. */
    public Optional<String> value(String flag) {
        return all(flag).isEmpty() ? Optional.empty() : Optional.of(all(flag).getLast());
    }
}
