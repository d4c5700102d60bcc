package banger.api.model;

import io.avaje.jsonb.Json;
import org.jspecify.annotations.Nullable;

/** A template to make: for VMs with this image, size and engine, each as for a new VM when it is absent. */
@Json
public record BuildTemplate(
        @Nullable String image,
        @Nullable Integer vcpu,
        @Nullable Integer memoryMib,
        @Nullable Long overlayBytes,
        @Nullable String engine,
        boolean offline) {}
