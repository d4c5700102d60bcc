package banger.api.model;

import io.avaje.jsonb.Json;
import org.jspecify.annotations.Nullable;

/**
 * A VM at a moment.
 *
 * @param number counts those of its VM
 * @param kind {@code asked}, {@code checkpoint} or {@code before-restore}
 * @param memory whether it has the VM's memory too
 * @param bytes on disk
 * @param status of the command that a checkpoint was made for, once it ended
 */
@Json
public record SnapshotInfo(
        String vm,
        int number,
        String kind,
        String label,
        boolean memory,
        long bytes,
        String createdAt,
        @Nullable Integer status) {}
