package banger.api.model;

import io.avaje.jsonb.Json;

/** The daemon. */
@Json
public record DaemonInfo(
        String version,
        String build,
        int pid,
        String socket,
        String log,
        String state,
        String startedAt,
        int running,
        int operations) {}
