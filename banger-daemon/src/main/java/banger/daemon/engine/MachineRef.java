package banger.daemon.engine;

import banger.daemon.HostBoot;
import io.avaje.jsonb.Json;

/**
 * {@code $RUN/vms/ID/machine.json}: what runs now. Read again by the next daemon.
 *
 * @param bootId the host's; another one means that nothing of this runs any more
 * @param engine the engine's label
 * @param network what {@code vm show} says of it
 */
@Json
public record MachineRef(
        String bootId, String engine, String shim, String vmm, String network, String boot, long readyMillis) {
    /** Of a VMM that was just started. */
    public static MachineRef started(Shim.Started processes, String engine, String network) {
        return new MachineRef(
                HostBoot.id(),
                engine,
                processes.shim().toString(),
                processes.child().toString(),
                network,
                "cold",
                0);
    }

    public ProcessRef shimProcess() {
        return ProcessRef.parse(shim);
    }

    public ProcessRef vmmProcess() {
        return ProcessRef.parse(vmm);
    }

    public MachineRef ready(long millis) {
        return new MachineRef(bootId, engine, shim, vmm, network, boot, millis);
    }
}
