package banger.net;

import java.util.regex.Pattern;

/** An Ethernet address of one interface: lower case, not a group's, not zero. */
record Mac(String value) {
    private static final Pattern GRAMMAR = Pattern.compile("[0-9a-f][02468ace](:[0-9a-f]{2}){5}");

    static Mac parse(String text) throws Refusal {
        if (!GRAMMAR.matcher(text).matches() || text.equals("00:00:00:00:00:00"))
            throw Refusal.badRequest("not a MAC address of one interface: " + text);
        return new Mac(text);
    }

    /** The bridge's own: fixed, or it would become the lowest of its ports' and change with them. */
    static Mac ofGateway(Address gateway) {
        int a = gateway.bits();
        return new Mac(String.format("02:bb:%02x:%02x:%02x:%02x", a >>> 24, a >>> 16 & 255, a >>> 8 & 255, a & 255));
    }

    @Override
    public String toString() {
        return value;
    }
}
