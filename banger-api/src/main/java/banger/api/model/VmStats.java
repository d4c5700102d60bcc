package banger.api.model;

import io.avaje.jsonb.Json;

/** What a VM uses now. {@code cpuPercent} is of one host CPU. */
@Json
public record VmStats(
        String name,
        String state,
        double cpuPercent,
        long rssBytes,
        long memoryBytes,
        long diskBytes,
        long netInBytes,
        long netOutBytes,
        int processes) {}
