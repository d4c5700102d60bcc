package banger.net;

/** The guests' network, named by the bridge's own address in it. */
record Subnet(Address gateway, int prefix) {
    private static final int SHORTEST = 8;
    private static final int LONGEST = 30;

    static Subnet parse(String text) throws Refusal {
        int slash = text.indexOf('/');
        if (slash < 0 || !text.substring(slash + 1).matches("[1-9][0-9]?"))
            throw Refusal.badRequest("not an address with a prefix: " + text);
        var subnet = new Subnet(Address.parse(text.substring(0, slash)), Integer.parseInt(text.substring(slash + 1)));
        if (subnet.prefix < SHORTEST || subnet.prefix > LONGEST)
            throw Refusal.badRequest("prefix of " + text + ": not from " + SHORTEST + " to " + LONGEST);
        if (subnet.gateway.equals(subnet.network()) || subnet.gateway.equals(subnet.broadcast()))
            throw Refusal.badRequest("not the address of a host in its network: " + text);
        int first = subnet.gateway.bits() >>> 24;
        if (first == 0 || first == 127 || first >= 224) throw Refusal.badRequest("not a network for guests: " + text);
        return subnet;
    }

    /** Whether a guest may have it. */
    boolean hasGuest(Address address) {
        return (address.bits() & mask()) == network().bits()
                && !address.equals(network())
                && !address.equals(broadcast())
                && !address.equals(gateway);
    }

    Address network() {
        return new Address(gateway.bits() & mask());
    }

    private Address broadcast() {
        return new Address(gateway.bits() | ~mask());
    }

    private int mask() {
        return -1 << 32 - prefix;
    }

    @Override
    public String toString() {
        return gateway + "/" + prefix;
    }
}
