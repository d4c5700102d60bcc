package banger.net;

import java.util.List;
import java.util.Optional;

/** The namespace's network, as we read and change it. */
interface Kernel {
    /** Applies a transaction of nft commands: all or nothing. */
    void rules(String transaction) throws Refusal;

    Ruleset ruleset() throws Refusal;

    /** Runs {@code ip} over these commands, in order, up to the first that fails. */
    void links(Refusal.Code code, List<String> commands) throws Refusal;

    /** The names of all interfaces. */
    List<String> interfaces() throws Refusal;

    /** The IPv4 address of an interface. */
    Optional<Subnet> address(String name) throws Refusal;

    /** Whether an interface is there, up, and has somebody at its other end. */
    boolean running(String name) throws Refusal;

    /** Sets a value below {@code /proc/sys/net}; false when this kernel or its owner does not let us. */
    boolean setting(String name, String value);
}
