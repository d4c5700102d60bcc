package banger.api.model;

import io.avaje.jsonb.Json;
import org.jspecify.annotations.Nullable;

/**
 * One line of a streaming answer. {@code event} is {@code doing}, {@code done}, {@code note},
 * {@code warn}, and last {@code result} or {@code error}.
 *
 * @param object whose step it is: {@code image debian-minimal}
 * @param text what happens, or the whole line of a note
 * @param done units done, of {@code total}; both 0 when nothing is counted
 * @param result the result's JSON
 */
@Json
public record Event(
        String event,
        @Nullable String object,
        @Nullable String text,
        long done,
        long total,
        long millis,
        @Json.Raw @Nullable String result,
        @Nullable ErrorInfo error) {

    public static Event doing(String object, String text, long done, long total) {
        return new Event("doing", object, text, done, total, 0, null, null);
    }

    public static Event done(String object, String text, long millis) {
        return new Event("done", object, text, 0, 0, millis, null, null);
    }

    public static Event note(String text) {
        return new Event("note", null, text, 0, 0, 0, null, null);
    }

    public static Event warn(String text) {
        return new Event("warn", null, text, 0, 0, 0, null, null);
    }

    public static Event result(String json) {
        return new Event("result", null, null, 0, 0, 0, json, null);
    }

    public static Event error(ErrorInfo error) {
        return new Event("error", null, null, 0, 0, 0, null, error);
    }
}
