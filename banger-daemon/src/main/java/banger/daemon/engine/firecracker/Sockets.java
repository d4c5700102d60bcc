package banger.daemon.engine.firecracker;

import java.util.List;

/** Names of the sockets in a VM's directory while its Firecracker runs. */
final class Sockets {
    static final String API = "api.sock";
    /** Connections from the host into the guest. */
    static final String VSOCK = "v.sock";
    /** The guest's connection to host port 1: its control conversation. The only port of ours it can reach. */
    static final String CONTROL = VSOCK + "_1";

    static final List<String> ALL = List.of(API, VSOCK, CONTROL);

    private Sockets() {}
}
