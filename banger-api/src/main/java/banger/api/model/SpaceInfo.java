package banger.api.model;

import io.avaje.jsonb.Json;

/**
 * What takes room on the disk.
 *
 * @param kind {@code vm}, {@code snapshots}, {@code templates}, {@code images}, {@code kernels}, {@code engines},
 *     {@code rescues}, {@code cache}
 * @param name of the VM; empty where it is nobody's
 * @param apparentBytes as long as the files are
 * @param bytes on disk, holes not counted
 * @param freedBy the command that frees it
 */
@Json
public record SpaceInfo(String kind, String name, long apparentBytes, long bytes, String freedBy) {}
