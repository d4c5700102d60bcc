package banger.api.model;

import io.avaje.jsonb.Json;

/** An operation under way. */
@Json
public record OperationInfo(String id, String kind, String object, String startedAt) {}
