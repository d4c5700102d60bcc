package banger.api.model;

import io.avaje.jsonb.Json;
import org.jspecify.annotations.Nullable;

/**
 * A VM as listed and shown; {@code workspace} is absent where none was prepared.
 *
 * @param checkpoints whether its disks are to be kept before each command
 * @param confinement of a running one's VMM: {@code bubblewrap}, or {@code off (why)}
 * @param disks what they are made of, where that is more than a raw file each; else empty
 */
@Json
public record VmInfo(
        String id,
        String name,
        String state,
        String lastError,
        String image,
        String imageDigest,
        String kernel,
        String kernelDigest,
        String address,
        int vcpu,
        int memoryMib,
        long diskBytes,
        long overlayBytes,
        long usedBytes,
        boolean nat,
        boolean checkpoints,
        String engine,
        String network,
        String confinement,
        String boot,
        long readyMillis,
        String disks,
        @Nullable WorkspaceInfo workspace,
        String createdAt,
        int pid) {}
