package banger.api.model;

import io.avaje.jsonb.Json;

/**
 * Which banger this is.
 *
 * @param build names the sources it was made from
 * @param builtAt RFC 3339
 */
@Json
public record VersionInfo(String version, String build, String builtAt) {}
