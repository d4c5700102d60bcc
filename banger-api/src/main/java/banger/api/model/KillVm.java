package banger.api.model;

import io.avaje.jsonb.Json;

/** Which signal the VMM gets: TERM, KILL, INT, HUP, QUIT, USR1, USR2 or ABRT. */
@Json
public record KillVm(String signal) {}
