package banger.api.model;

import io.avaje.jsonb.Json;
import org.jspecify.annotations.Nullable;

/** What to change of a VM; sizes only while it is stopped, disks only grow. */
@Json
public record SetVm(
        @Nullable Integer vcpu,
        @Nullable Integer memoryMib,
        @Nullable Long diskBytes,
        @Nullable Boolean nat) {}
