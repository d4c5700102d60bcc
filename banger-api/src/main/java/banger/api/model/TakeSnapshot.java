package banger.api.model;

import io.avaje.jsonb.Json;

/**
 * A snapshot to take.
 *
 * @param kind {@code asked} or {@code checkpoint}
 * @param label for people; may be empty
 * @param memory of a running VM too
 */
@Json
public record TakeSnapshot(String kind, String label, boolean memory) {}
