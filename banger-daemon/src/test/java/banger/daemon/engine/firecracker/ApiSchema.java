package banger.daemon.engine.firecracker;

import io.avaje.json.JsonException;
import io.avaje.jsonb.Jsonb;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What Firecracker's API accepts, read from {@code api.txt}: as strict as the real one. */
final class ApiSchema {
    private record Field(boolean required, String type) {}

    /** @param phase {@code before} or {@code after} the guest was started */
    private record Shape(String phase, Map<String, Field> fields) {}

    private final Map<String, Shape> requests = new LinkedHashMap<>();
    private final Map<String, Shape> types = new HashMap<>();

    static ApiSchema load() {
        var schema = new ApiSchema();
        try (var in = ApiSchema.class.getResourceAsStream("api.txt")) {
            var shape = new Shape("", new HashMap<>());
            for (var line : new String(java.util.Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8)
                    .split("\n")) {
                if (line.startsWith("#")) continue;
                var words = line.strip().split(" ", 2);
                if (line.startsWith("  ")) {
                    boolean required = words[0].endsWith("!");
                    shape.fields.put(words[0].replace("!", ""), new Field(required, words[1]));
                } else {
                    var rest = words[1].split(" ");
                    shape = new Shape(rest.length > 1 ? rest[1] : "", new LinkedHashMap<>());
                    if (words[0].equals("TYPE")) schema.types.put(rest[0], shape);
                    else schema.requests.put(words[0] + " " + rest[0], shape);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return schema;
    }

    /** Why Firecracker would refuse this; empty when it would not. */
    Optional<String> complaint(String method, String path, String body, boolean started) {
        for (var entry : requests.entrySet()) {
            var pattern = entry.getKey();
            int brace = pattern.indexOf('{');
            var asked = method + " " + path;
            boolean fits = brace < 0
                    ? pattern.equals(asked)
                    : asked.startsWith(pattern.substring(0, brace)) && asked.length() > brace;
            if (!fits) continue;
            if (entry.getValue().phase.equals("before") && started)
                return Optional.of("The requested operation is not supported after starting the microVM.");
            if (entry.getValue().phase.equals("after") && !started)
                return Optional.of("The requested operation is not supported before starting the microVM.");
            try {
                var object = Jsonb.instance().type(Object.class).map().fromJson(body);
                if (brace >= 0
                        && !asked.substring(brace)
                                .equals(object.get(pattern.substring(brace + 1, pattern.length() - 1))))
                    return Optional.of("The id from the path does not match the id from the body!");
                return object(entry.getValue(), object);
            } catch (JsonException e) {
                return Optional.of(
                        "An error occurred when deserializing the json body of a request: " + e.getMessage());
            }
        }
        return Optional.of("Invalid request method and/or path: " + method + " " + path + ".");
    }

    private Optional<String> object(Shape shape, Map<?, ?> object) {
        for (var key : object.keySet())
            if (!shape.fields.containsKey(key)) return Optional.of("unknown field `" + key + "`");
        for (var field : shape.fields.entrySet()) {
            var value = object.get(field.getKey());
            if (value == null) {
                if (field.getValue().required) return Optional.of("missing field `" + field.getKey() + "`");
                continue;
            }
            var wrong = value(field.getValue().type, value);
            if (wrong.isPresent()) return wrong.map(w -> field.getKey() + ": " + w);
        }
        return Optional.empty();
    }

    private Optional<String> value(String type, Object value) {
        var words = type.split(" ");
        boolean good = switch (words[0]) {
            case "string" -> value instanceof String s && !s.isEmpty();
            case "boolean" -> value instanceof Boolean;
            case "integer" -> {
                var range = words[1].split("\\.\\.");
                yield value instanceof Number n
                        && n.doubleValue() == n.longValue()
                        && n.longValue() >= Long.parseLong(range[0])
                        && n.longValue() <= Long.parseLong(range[1]);
            }
            case "object" -> {
                if (!(value instanceof Map<?, ?> map)) yield false;
                var wrong = object(types.get(words[1]), map);
                if (wrong.isPresent()) yield false;
                yield true;
            }
            case "list" -> {
                if (!(value instanceof List<?> list)) yield false;
                yield list.stream()
                        .allMatch(e -> e instanceof Map<?, ?> map
                                && object(types.get(words[1]), map).isEmpty());
            }
            default ->
                value instanceof String s && List.of(words[0].split("\\|")).contains(s);
        };
        return good ? Optional.empty() : Optional.of("invalid value " + value + ", expected " + type);
    }
}
