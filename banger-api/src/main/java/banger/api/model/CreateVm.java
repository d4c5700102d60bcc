package banger.api.model;

import io.avaje.jsonb.Json;
import org.jspecify.annotations.Nullable;

/** A VM to create. Sizes in bytes but for memory; {@code start}: boot it too; {@code offline}: nothing is fetched; {@code rm}: an ephemeral VM, deleted when its daemon finds it stopped; {@code boot}: {@code auto}, {@code cold}, {@code warm}; {@code environment}: what it is to continue from. */
@Json
public record CreateVm(
        @Nullable String name,
        @Nullable String image,
        @Nullable Integer vcpu,
        @Nullable Integer memoryMib,
        @Nullable Long diskBytes,
        @Nullable Long overlayBytes,
        boolean nat,
        @Nullable String engine,
        boolean start,
        boolean offline,
        boolean remove,
        @Nullable String boot,
        @Nullable EnvironmentSpec environment) {}
