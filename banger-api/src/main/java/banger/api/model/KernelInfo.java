package banger.api.model;

import io.avaje.jsonb.Json;

/** A kernel. */
@Json
public record KernelInfo(
        String name, String digest, String release, String source, long bytes, String importedAt, boolean pulled) {}
