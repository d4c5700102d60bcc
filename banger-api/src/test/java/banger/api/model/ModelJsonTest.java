package banger.api.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.avaje.json.JsonException;
import io.avaje.jsonb.Jsonb;
import java.io.IOException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModelJsonTest {
    private static final List<String> TEXTS = List.of(
            "",
            "box",
            "two words",
            "\"quoted\" \\ back",
            "line\nbreak\ttab\r",
            "\0\u001b\u007f\u2028",
            "grün 日本語 \uD83D\uDE00",
            "</script>",
            "{}",
            "null");

    /** Every record of the package, so that a new one is tested without anybody thinking of it. */
    static Stream<Class<?>> records() throws IOException {
        var classes = Path.of(System.getProperty("basedir", ""), "target/classes/banger/api/model");
        try (var files = Files.list(classes)) {
            var found = new ArrayList<Class<?>>();
            for (var name : files.map(f -> f.getFileName().toString()).toList()) {
                if (!name.matches("[A-Za-z]+\\.class")) continue;
                var type = load(name.replace(".class", ""));
                if (type.isRecord()) found.add(type);
            }
            return found.stream();
        }
    }

    private static Class<?> load(String name) {
        try {
            return Class.forName("banger.api.model." + name);
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }

    @ParameterizedTest
    @MethodSource("records")
    void whatIsWrittenIsReadBack(Class<?> type) {
        var random = new Random(1);
        for (int i = 0; i < 100; i++) roundTrip(type, random);
    }

    private static <T> void roundTrip(Class<T> type, Random random) {
        var value = type.cast(make(type, random));
        var json = Jsonb.instance().type(type);
        var text = json.toJson(value);
        assertThat(text).doesNotContain("\n");
        assertThat(json.fromJson(text)).usingRecursiveComparison().isEqualTo(value);
        // A raw result keeps the white space that pretty printing puts after it; events are never pretty.
        if (type != Event.class)
            assertThat(json.fromJson(json.toJsonPretty(value)))
                    .usingRecursiveComparison()
                    .isEqualTo(value);
        assertThat(json.list().fromJson(json.list().toJson(List.of(value, value))))
                .usingRecursiveComparison()
                .isEqualTo(List.of(value, value));
    }

    @ParameterizedTest
    @MethodSource("records")
    void fieldsThatANewerSideAddsAreIgnored(Class<?> type) {
        var json = Jsonb.instance().type((Class<?>) type);
        json.fromJson("{\"added\":{\"x\":[1,{\"y\":null}]},\"later\":1.5}");
    }

    private static Object make(Type type, Random random) {
        if (type == String.class) return TEXTS.get(random.nextInt(TEXTS.size()));
        if (type == int.class || type == Integer.class)
            return List.of(0, 1, -1, 4096, Integer.MAX_VALUE, Integer.MIN_VALUE).get(random.nextInt(6));
        if (type == long.class || type == Long.class)
            return List.of(0L, 1L, 8L << 30, (1L << 53) + 1, Long.MAX_VALUE, Long.MIN_VALUE)
                    .get(random.nextInt(6));
        if (type == boolean.class || type == Boolean.class) return random.nextBoolean();
        if (type == byte[].class) {
            var bytes = new byte[1 + random.nextInt(5)];
            random.nextBytes(bytes);
            return bytes;
        }
        if (type == double.class) return List.of(0.0, 3.25, 1e-9, 1e300).get(random.nextInt(4));
        if (type instanceof ParameterizedType p && p.getRawType() == List.class) {
            var list = new ArrayList<Object>();
            for (int n = random.nextInt(4); n > 0; n--) list.add(make(p.getActualTypeArguments()[0], random));
            return list;
        }
        if (type instanceof Class<?> c && c.isRecord()) return record(c, random);
        throw new IllegalStateException("no value of " + type + " to make");
    }

    private static Object record(Class<?> type, Random random) {
        var components = type.getRecordComponents();
        var values = Arrays.stream(components).map(c -> value(c, random)).toArray();
        try {
            var constructor = type.getDeclaredConstructor(
                    Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new));
            return constructor.newInstance(values);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static @Nullable Object value(RecordComponent component, Random random) {
        if (component.getAnnotatedType().isAnnotationPresent(Nullable.class) && random.nextInt(3) == 0) return null;
        if (component.getDeclaringRecord() == Event.class && component.getName().equals("result"))
            return List.of("{\"id\":\"1\",\"n\":null}", "[1,2]", "\"text\"", "true")
                    .get(random.nextInt(4));
        return make(component.getGenericType(), random);
    }

    @Test
    void eventsReadAsTheyAreDocumented() {
        var json = Jsonb.instance().type(Event.class);
        assertThat(json.toJson(Event.doing("image a", "installing", 3, 7)))
                .isEqualTo(
                        "{\"event\":\"doing\",\"object\":\"image a\",\"text\":\"installing\",\"done\":3,\"total\":7,\"millis\":0}");
        assertThat(json.toJson(Event.result("{\"name\":\"box\"}"))).contains("\"result\":{\"name\":\"box\"}");
        assertThat(json.fromJson(json.toJson(Event.done("vm a", "x", 5)))).isEqualTo(Event.done("vm a", "x", 5));
        assertThat(json.fromJson(json.toJson(Event.note("n")))).isEqualTo(Event.note("n"));
        assertThat(json.fromJson(json.toJson(Event.warn("w")))).isEqualTo(Event.warn("w"));
        var error = Event.error(new ErrorInfo("vm.exists", "f", List.of("r"), "op"));
        assertThat(json.fromJson(json.toJson(error))).isEqualTo(error);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "x", "{\"name\":", "{\"vcpu\":\"many\"}", "{\"nat\":7}", "nul"})
    void whatIsNotTheJsonOfARequestIsRefused(String text) {
        assertThatThrownBy(() -> Jsonb.instance().type(CreateVm.class).fromJson(text))
                .isInstanceOf(JsonException.class);
    }
}
