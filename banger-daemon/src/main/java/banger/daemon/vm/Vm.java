package banger.daemon.vm;

import banger.api.VmName;
import java.time.Instant;

/**
 * A VM as it should be: one row of the store.
 *
 * @param engine the engine asked for, {@code auto} when none was
 * @param workspace JSON of the recorded workspace, empty without one
 */
public record Vm(
        VmId id,
        VmName name,
        VmState state,
        String lastError,
        String imageName,
        String imageDigest,
        String kernelName,
        String kernelDigest,
        int vcpu,
        int memoryMib,
        long diskBytes,
        long overlayBytes,
        boolean nat,
        String engine,
        String address,
        String mac,
        int cid,
        String machineId,
        String workspace,
        boolean ephemeral,
        Instant createdAt) {}
