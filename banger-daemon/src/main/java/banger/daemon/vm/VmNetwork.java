package banger.daemon.vm;

import banger.daemon.engine.BootSpec;
import java.util.List;

/** A VM's place in the network, as its lifecycle needs it. */
public interface VmNetwork {
    /**
     * A VM's place.
     *
     * @param label for {@code vm show}: {@code user}, or {@code off (reason)}
     * @param remedies what to do about a network that is off
     */
    record Attachment(BootSpec.Placement placement, String label, List<String> remedies) {
        public Attachment {
            remedies = List.copyOf(remedies);
        }

        public boolean on() {
            return placement.tap().isPresent();
        }
    }

    /**
     * Gives a VM its tap. Without a network to be had the answer is an attachment without one.
     *
     * @throws banger.api.BangerException {@code network.unavailable} when the VM was to have NAT and cannot
     */
    Attachment attach(Vm vm);

    /** Takes back what {@link #attach} gave; nothing there is no error. */
    void detach(Vm vm);

    /** Switches a running VM's way out. */
    void nat(Vm vm, boolean on);

    Subnet subnet();
}
