package banger.api.model;

import io.avaje.jsonb.Json;

/** How to stop: {@code graceful} runs the guest's own shutdown first. */
@Json
public record StopVm(boolean graceful) {}
