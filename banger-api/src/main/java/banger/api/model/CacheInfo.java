package banger.api.model;

import io.avaje.jsonb.Json;

/** What emptying the cache of downloads freed, or would free. */
@Json
public record CacheInfo(String directory, int files, long bytes) {}
