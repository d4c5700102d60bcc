package banger.api.model;

import io.avaje.jsonb.Json;

/** What to pull; {@code force} replaces what is there. */
@Json
public record PullRequest(String name, boolean force) {}
