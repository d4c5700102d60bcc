package banger.api.model;

import io.avaje.jsonb.Json;

/**
 * What can run VMs here, or why it cannot.
 *
 * @param name {@code firecracker} or {@code qemu}
 * @param version empty when it did not say
 * @param path of the program; empty when there is none
 * @param note how it runs, or the reason why it does not
 */
@Json
public record EngineInfo(String name, String version, String path, boolean usable, String note) {}
