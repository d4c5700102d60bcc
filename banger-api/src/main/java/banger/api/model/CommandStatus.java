package banger.api.model;

import io.avaje.jsonb.Json;

/** How the command ended that a checkpoint was made for. */
@Json
public record CommandStatus(int status) {}
