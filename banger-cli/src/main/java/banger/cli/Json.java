package banger.cli;

import io.avaje.jsonb.Jsonb;
import java.util.List;

/** Results as JSON on standard output. */
public final class Json {
    private Json() {}

    public static <T> String of(Class<T> type, T value) {
        return Jsonb.instance().type(type).toJsonPretty(value);
    }

    public static <T> String list(Class<T> type, List<T> values) {
        return Jsonb.instance().type(type).list().toJsonPretty(values);
    }
}
