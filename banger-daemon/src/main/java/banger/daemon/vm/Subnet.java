package banger.daemon.vm;

import banger.api.BangerException;
import banger.api.ErrorCode;
import java.util.Set;

/** The guests' IPv4 network: one address is the gateway's, the others are for guests. */
public record Subnet(int network, int prefix, int gatewayNumber) {
    /** @throws IllegalArgumentException when the gateway is no address of a host in its network */
    public static Subnet parse(String gateway, int prefix) {
        if (prefix < 8 || prefix > 30) throw new IllegalArgumentException("cidr " + prefix + ": not from 8 to 30");
        int number = number(gateway);
        var subnet = new Subnet(number & -1 << 32 - prefix, prefix, number);
        if (number == subnet.network || number == subnet.broadcast())
            throw new IllegalArgumentException(gateway + "/" + prefix + ": not a host's address");
        return subnet;
    }

    public String gateway() {
        return text(gatewayNumber);
    }

    private int broadcast() {
        return network | (int) ((1L << 32 - prefix) - 1);
    }

    /** {@code 172.16.0.4/24}. */
    public String withPrefix(String address) {
        return address + "/" + prefix;
    }

    String firstFree(Set<String> taken) {
        for (int a = network + 1; a != broadcast(); a++)
            if (a != gatewayNumber && !taken.contains(text(a))) return text(a);
        throw new BangerException(
                ErrorCode.NETWORK_FAILED,
                "network " + text(network) + "/" + prefix + ": no address is free",
                "banger vm prune, or a smaller cidr in the configuration");
    }

    /** The highest address of a guest: for a machine that never uses its own. */
    String last() {
        int last = broadcast() - 1;
        return text(last == gatewayNumber ? last - 1 : last);
    }

    /** Locally administered, and as unique as the address is. */
    static String mac(String address) {
        int a = number(address);
        return String.format("02:ba:%02x:%02x:%02x:%02x", a >>> 24, a >>> 16 & 255, a >>> 8 & 255, a & 255);
    }

    static int number(String address) {
        if (!address.matches("[0-9]{1,3}(\\.[0-9]{1,3}){3}"))
            throw new IllegalArgumentException(address + ": not an IPv4 address");
        int number = 0;
        for (var part : address.split("\\.")) {
            if (Integer.parseInt(part) > 255) throw new IllegalArgumentException(address + ": not an IPv4 address");
            number = number << 8 | Integer.parseInt(part);
        }
        return number;
    }

    private static String text(int n) {
        return (n >>> 24) + "." + (n >>> 16 & 255) + "." + (n >>> 8 & 255) + "." + (n & 255);
    }
}
