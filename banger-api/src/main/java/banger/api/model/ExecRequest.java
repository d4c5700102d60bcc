package banger.api.model;

import io.avaje.jsonb.Json;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A command to run in a guest. {@code argv} and {@code env} are byte strings with a NUL at their end,
 * Base64 in JSON. (Bytes, because the parser takes no string over 50,000 characters; the NUL, because it
 * takes no empty Base64.)
 */
@Json
public record ExecRequest(
        List<byte[]> argv,
        @Nullable String cwd,
        @Nullable String user,
        List<byte[]> env,
        @Nullable Terminal tty,
        boolean login) {}
