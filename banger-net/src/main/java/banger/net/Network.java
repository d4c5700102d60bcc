package banger.net;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** Carries requests out, one at a time. Keeps nothing: what there is, it asks the kernel. */
final class Network {
    private final Kernel kernel;
    private final String build;
    private final int tapUid;

    /** @param tapUid who may open the taps: the VMMs' uid inside the namespace */
    Network(Kernel kernel, String build, int tapUid) {
        this.kernel = kernel;
        this.build = build;
        this.tapUid = tapUid;
    }

    synchronized String answer(Request request) throws Refusal {
        return switch (request) {
            case Request.Hello() -> "ok " + Request.VERSION + " " + build;
            case Request.Setup(var bridge, var subnet) -> setup(bridge, subnet);
            case Request.Attach attach -> attach(attach);
            case Request.Detach(var id) -> detach(id);
            case Request.NatOn(var id) -> natOn(id);
            case Request.NatOff(var id) -> natOff(id);
            case Request.HostAddresses(var addresses) -> {
                kernel.rules(Rules.hostAddresses(addresses));
                yield "ok";
            }
            case Request.Taps() -> taps();
            case Request.Natted() -> natted();
            case Request.Uplink() -> uplink();
        };
    }

    private String setup(Bridge bridge, Subnet subnet) throws Refusal {
        var other = bridges().stream().filter(b -> !b.equals(bridge)).findFirst();
        if (other.isPresent())
            throw new Refusal(Refusal.Code.BRIDGE, bridge + ": this namespace has " + other.get() + " already");
        // Rules before links: no frame meets a bridge without them. IPv6 off before there is an interface.
        kernel.setting("ipv6/conf/all/disable_ipv6", "1");
        kernel.setting("ipv6/conf/default/disable_ipv6", "1");
        kernel.setting("ipv4/conf/all/accept_redirects", "0");
        kernel.setting("ipv4/conf/all/send_redirects", "0");
        kernel.setting("ipv4/conf/default/send_redirects", "0");
        kernel.setting("bridge/bridge-nf-call-iptables", "0");
        kernel.setting("bridge/bridge-nf-call-arptables", "0");
        forwarding();
        kernel.rules(Rules.setup(bridge, subnet));
        var commands = new ArrayList<String>();
        if (!kernel.interfaces().contains(bridge.name()))
            commands.add("link add name " + bridge + " address " + Mac.ofGateway(subnet.gateway())
                    + " type bridge stp_state 0 forward_delay 0 mcast_snooping 0 ageing_time 8640000");
        else if (kernel.address(bridge.name()).filter(s -> !s.equals(subnet)).isPresent())
            commands.add("-4 address flush dev " + bridge);
        commands.add("address replace " + subnet + " dev " + bridge);
        commands.add("link set dev " + bridge + " up");
        kernel.links(Refusal.Code.BRIDGE, commands);
        kernel.setting("ipv4/conf/" + bridge + "/rp_filter", "1");
        kernel.setting("ipv4/conf/" + bridge + "/arp_ignore", "1");
        return "ok";
    }

    private boolean forwarding() {
        return kernel.setting("ipv4/ip_forward", "1");
    }

    private String attach(Request.Attach request) throws Refusal {
        var id = request.id();
        var bridge = bridges().stream().findFirst().orElseThrow(Network::noBridge);
        var subnet = kernel.address(bridge.name()).orElseThrow(Network::noBridge);
        if (!subnet.hasGuest(request.address()))
            throw Refusal.badRequest(request.address() + " is no guest's address in the network of " + subnet);
        if (request.mac().equals(Mac.ofGateway(subnet.gateway())))
            throw Refusal.badRequest(request.mac() + " is the bridge's own");
        var state = kernel.ruleset();
        var taken = state.holderOf(id, request.mac(), request.address());
        if (taken.isPresent())
            throw Refusal.badRequest(request.address() + " or " + request.mac() + " is " + taken.get() + "'s");

        boolean there = kernel.interfaces().contains(id.tap());
        kernel.rules(Rules.attach(id, request.mac(), request.address(), state.addressOf(id)));
        var commands = new ArrayList<String>();
        if (!there) commands.add("tuntap add dev " + id.tap() + " mode tap user " + tapUid);
        commands.add("link set dev " + id.tap() + " master " + bridge);
        commands.add("link set dev " + id.tap() + " type bridge_slave isolated on flood off mcast_flood off");
        commands.add("link set dev " + id.tap() + " up");
        try {
            kernel.links(Refusal.Code.TAP, commands);
        } catch (Refusal e) {
            if (!there) undo(id, e);
            throw e;
        }
        return "ok " + id.tap();
    }

    private void undo(Id id, Refusal first) {
        try {
            detach(id);
        } catch (Refusal e) {
            first.addSuppressed(e);
        }
    }

    private String detach(Id id) throws Refusal {
        // The tap first: without it the rules meet nothing, the other way round they would let all pass.
        if (kernel.interfaces().contains(id.tap()))
            kernel.links(Refusal.Code.TAP, List.of("link delete dev " + id.tap()));
        var state = kernel.ruleset();
        if (state.pins().containsKey(id)) kernel.rules(Rules.detach(id, state.addressOf(id)));
        return "ok";
    }

    private String natOn(Id id) throws Refusal {
        var address = kernel.ruleset()
                .addressOf(id)
                .orElseThrow(() -> new Refusal(Refusal.Code.TAP, id + ": is not attached"));
        if (!forwarding()) throw new Refusal(Refusal.Code.RULES, "net.ipv4.ip_forward cannot be set in the namespace");
        kernel.rules(Rules.natOn(address));
        return "ok";
    }

    private String natOff(Id id) throws Refusal {
        var state = kernel.ruleset();
        var address = state.addressOf(id).filter(state.natted()::contains);
        if (address.isPresent()) kernel.rules(Rules.natOff(address.get()));
        return "ok";
    }

    private String uplink() throws Refusal {
        if (!kernel.running(Rules.UPLINK)) return "ok -";
        return "ok "
                + kernel.address(Rules.UPLINK).map(s -> s.gateway().toString()).orElse("-");
    }

    private String taps() throws Refusal {
        var ids = new TreeSet<String>();
        for (var name : kernel.interfaces()) Id.ofTap(name).ifPresent(i -> ids.add(i.value()));
        return words(ids);
    }

    private String natted() throws Refusal {
        var state = kernel.ruleset();
        var ids = new TreeSet<String>();
        state.pins().forEach((id, pin) -> {
            if (state.natted().contains(pin.address())) ids.add(id.value());
        });
        return words(ids);
    }

    private static String words(TreeSet<String> ids) {
        return ids.isEmpty() ? "ok" : "ok " + String.join(" ", ids);
    }

    private List<Bridge> bridges() throws Refusal {
        return kernel.interfaces().stream().filter(Bridge::is).map(Bridge::new).toList();
    }

    private static Refusal noBridge() {
        return new Refusal(Refusal.Code.BRIDGE, "there is no bridge yet");
    }
}
