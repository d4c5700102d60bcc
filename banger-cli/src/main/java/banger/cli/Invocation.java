package banger.cli;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A command line that has been understood.
 *
 * @param values by long flag name; a flag without a value has an empty one
 * @param command the words after {@code --}, byte for byte
 */
public record Invocation(Map<String, String> values, List<String> operands, boolean separator, List<byte[]> command) {
    public boolean has(String flag) {
        return values.containsKey(flag);
    }

    public Optional<String> value(String flag) {
        return Optional.ofNullable(values.get(flag));
    }
}
