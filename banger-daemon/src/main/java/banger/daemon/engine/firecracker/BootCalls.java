package banger.daemon.engine.firecracker;

import banger.daemon.engine.BootSpec;
import java.util.ArrayList;
import java.util.List;

/**
 * The calls that make a machine and start it. The order of the drives is the order of their names in the
 * guest.
 */
final class BootCalls {
    /** Its name in a saved state too. */
    static final String CARD = "eth0";

    private BootCalls() {}

    static List<ApiCall> of(BootSpec spec) {
        var calls = new ArrayList<ApiCall>();
        calls.add(new ApiCall.MachineConfig(spec.vcpu(), spec.memoryMib()));
        calls.add(new ApiCall.BootSource("kernel", "initrd", spec.commandLine()));
        calls.add(ApiCall.Drive.readOnly("vda"));
        calls.add(ApiCall.Drive.writable("vdb"));
        calls.add(ApiCall.Drive.writable("vdc"));
        calls.add(ApiCall.Drive.readOnly("vdd"));
        calls.add(new ApiCall.Vsock(spec.cid(), Sockets.VSOCK));
        calls.add(new ApiCall.Entropy());
        spec.placement().tap().ifPresent(tap -> calls.add(new ApiCall.NetworkInterface(CARD, tap, spec.mac())));
        calls.add(ApiCall.Action.START);
        return calls;
    }
}
