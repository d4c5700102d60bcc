package banger.daemon.engine;

import banger.daemon.HostBoot;
import io.avaje.jsonb.Json;
import org.jspecify.annotations.Nullable;

/**
 * {@code $RUN/vms/ID/machine.json}: what runs now. Read again by the next daemon.
 *
 * @param bootId the host's; another one means that nothing of this runs any more
 * @param engine the engine's label
 * @param network what {@code vm show} says of it
 * @param likeness of the engine that runs it; missing where an older daemon started it
 * @param confinement how its VMM is kept from the host; missing as the likeness is
 */
@Json
public record MachineRef(
        String bootId,
        String engine,
        String shim,
        String vmm,
        String network,
        String boot,
        long readyMillis,
        @Nullable String likeness,
        @Nullable String confinement) {
    /** Of a VMM that was just started. */
    public static MachineRef started(Shim.Started processes, String engine, String network, String likeness) {
        return new MachineRef(
                HostBoot.id(),
                engine,
                processes.shim().toString(),
                processes.child().toString(),
                network,
                "cold",
                0,
                likeness,
                processes.confinement());
    }

    public ProcessRef shimProcess() {
        return ProcessRef.parse(shim);
    }

    public ProcessRef vmmProcess() {
        return ProcessRef.parse(vmm);
    }

    /** The same of a machine that continues from a saved state. */
    public MachineRef resumed() {
        return booted("resumed");
    }

    /** @param how {@code cold}, {@code resumed} or {@code warm}, with the reason in brackets where there is one */
    public MachineRef booted(String how) {
        return new MachineRef(bootId, engine, shim, vmm, network, how, readyMillis, likeness, confinement);
    }

    public MachineRef ready(long millis) {
        return new MachineRef(bootId, engine, shim, vmm, network, boot, millis, likeness, confinement);
    }
}
