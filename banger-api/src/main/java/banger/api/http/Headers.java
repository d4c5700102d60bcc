package banger.api.http;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Header fields in order; names compare without case. Immutable. */
public record Headers(List<Field> fields) {
    /** A name and its value, both already checked for line breaks. */
    public record Field(String name, String value) {
        public Field {
            if (!name.chars().allMatch(c -> c > ' ' && c < 127 && c != ':') || name.isEmpty())
                throw new IllegalArgumentException("not a header name");
            if (value.chars().anyMatch(c -> c < ' ' && c != '\t' || c == 127))
                throw new IllegalArgumentException("not a header value");
        }
    }

    public static final Headers NONE = new Headers(List.of());

    public Headers {
        fields = List.copyOf(fields);
    }

    /** Name, value, name, value … */
    public static Headers of(String... namesAndValues) {
        var fields = new ArrayList<Field>();
        for (int i = 0; i < namesAndValues.length; i += 2)
            fields.add(new Field(namesAndValues[i], namesAndValues[i + 1]));
        return new Headers(fields);
    }

    public Headers with(String name, String value) {
        var more = new ArrayList<>(fields);
        more.add(new Field(name, value));
        return new Headers(more);
    }

    public Optional<String> first(String name) {
        return fields.stream()
                .filter(f -> f.name.equalsIgnoreCase(name))
                .map(Field::value)
                .findFirst();
    }

    /** Whether a comma-separated field holds a token, compared without case. */
    public boolean has(String name, String token) {
        return fields.stream()
                .filter(f -> f.name.equalsIgnoreCase(name))
                .flatMap(f -> List.of(f.value.toLowerCase(Locale.ROOT).split(",")).stream())
                .anyMatch(v -> v.strip().equals(token));
    }

    long count(String name) {
        return fields.stream().filter(f -> f.name.equalsIgnoreCase(name)).count();
    }
}
