package banger.api.model;

import io.avaje.jsonb.Json;
import org.jspecify.annotations.Nullable;

/**
 * An engine to fetch.
 *
 * @param name {@code firecracker}
 * @param version {@code 1.16.1}; without one, the version that this banger was tried with
 * @param sha256 of the archive; needed for a version whose hash banger does not know
 */
@Json
public record EnginePull(
        String name, @Nullable String version, @Nullable String sha256) {}
