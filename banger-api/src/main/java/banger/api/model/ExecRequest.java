package banger.api.model;

import io.avaje.jsonb.Json;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A command to run in a guest; byte strings are Base64. */
@Json
public record ExecRequest(
        List<String> argv,
        @Nullable String cwd,
        @Nullable String user,
        List<String> env,
        @Nullable Terminal tty,
        boolean login) {}
