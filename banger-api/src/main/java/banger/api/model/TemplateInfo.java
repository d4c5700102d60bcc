package banger.api.model;

import io.avaje.jsonb.Json;
import java.util.List;

/**
 * A prepared machine that new VMs continue from.
 *
 * @param digest its name: of all that a VM must have in common with it
 * @param bytes on disk
 * @param memoryBytes of these its memory's
 * @param overlayBytes of its overlay's disk; a VM's own may be bigger, not smaller
 * @param usedAt when a VM last continued from it; when it was made, if none did
 * @param key what a VM must have in common with it
 */
@Json
public record TemplateInfo(
        String digest,
        String engine,
        String image,
        String imageDigest,
        String kernelDigest,
        int vcpu,
        int memoryMib,
        long overlayBytes,
        long bytes,
        long memoryBytes,
        long madeMillis,
        String createdAt,
        String usedAt,
        List<Condition> key) {
    /** One thing that must be the same. */
    @Json
    public record Condition(String name, String value) {}
}
