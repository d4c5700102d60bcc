package banger.daemon.vm;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.daemon.engine.BootSpec;
import java.util.List;
import java.util.Optional;

/** A host on which no network can be had: VMs run without a card, and say why. */
public final class NoNetwork implements VmNetwork {
    private final String reason;
    private final List<String> remedies;
    private final Subnet subnet;
    private final Optional<Integer> uid;

    /** @param uid the VMM's, on the host; empty: the owner's own */
    public NoNetwork(String reason, List<String> remedies, Subnet subnet, Optional<Integer> uid) {
        this.reason = reason;
        this.remedies = List.copyOf(remedies);
        this.subnet = subnet;
        this.uid = uid;
    }

    @Override
    public Attachment attach(Vm vm) {
        if (vm.nat())
            throw new BangerException(
                    ErrorCode.NETWORK_UNAVAILABLE,
                    "vm " + vm.name() + ": no network on this host: " + reason,
                    remedies);
        return new Attachment(new BootSpec.Placement(Optional.empty(), uid, Optional.empty()), "off (" + reason + ")");
    }

    @Override
    public void detach(Vm vm) {}

    @Override
    public void nat(Vm vm, boolean on) {
        if (on)
            throw new BangerException(
                    ErrorCode.NETWORK_UNAVAILABLE,
                    "vm " + vm.name() + ": no network on this host: " + reason,
                    remedies);
    }

    @Override
    public Subnet subnet() {
        return subnet;
    }
}
