package banger.api.model;

import io.avaje.jsonb.Json;

/** An image. */
@Json
public record ImageInfo(
        String name,
        String digest,
        boolean managed,
        String path,
        String filesystem,
        long bytes,
        String source,
        String createdAt,
        boolean available) {}
