package banger.daemon.net;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.daemon.engine.ProcessRef;
import banger.daemon.process.Programs;
import java.util.ArrayList;
import java.util.List;

/** The way out: pasta, which runs as long as a VM may leave. */
final class Uplink {
    private static final String INTERFACE = "ext0";

    private final Sidecar pasta;
    private final HostLinks host;
    private final String resolver;
    private final boolean root;

    /**
     * @param resolver the address that guests ask for names; pasta hands it on to the host's resolver
     * @param root whether we are root: pasta would become nobody, who may not enter root's namespace
     */
    Uplink(Sidecar pasta, HostLinks host, String resolver, boolean root) {
        this.pasta = pasta;
        this.host = host;
        this.resolver = resolver;
        this.root = root;
    }

    boolean alive() {
        return pasta.alive();
    }

    /** Starts it; it is not there for the guests before the interface is. */
    void start(ProcessRef holder) throws Refused {
        var program = Programs.find("pasta")
                .orElseThrow(() -> new BangerException(
                        ErrorCode.HOST_TOOL_MISSING,
                        "nat: pasta not found on this host",
                        "sudo apt-get install " + Programs.debianPackage("pasta")));
        if (!host.hasDefaultRoute())
            throw new BangerException(
                    ErrorCode.NETWORK_UNAVAILABLE,
                    "nat: this host has no default IPv4 route, so there is no way out for a VM either",
                    "ip -4 route");
        pasta.start(holder, arguments(program.toString(), holder));
    }

    List<String> arguments(String program, ProcessRef holder) {
        var arguments = new ArrayList<>(List.of(program, "--config-net", "-f", "-q", "-4", "-I", INTERFACE));
        // Never without: it keeps the host's loopback out of reach.
        arguments.add("--no-map-gw");
        for (var ports : List.of("-t", "-u", "-T", "-U")) arguments.addAll(List.of(ports, "none"));
        arguments.addAll(List.of("--dns-forward", resolver));
        if (root) arguments.addAll(List.of("--runas", "0:0"));
        arguments.add(Long.toString(holder.pid()));
        return List.copyOf(arguments);
    }

    void end() {
        pasta.end();
    }

    String lastWords() {
        return pasta.lastWords();
    }
}
