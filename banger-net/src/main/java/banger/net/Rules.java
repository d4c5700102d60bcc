package banger.net;

import java.util.Collection;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The nft transactions. Each is applied as a whole or not at all, and can be applied again.
 *
 * <p>Two tables, both called {@code banger}. In {@code bridge banger} every port has a chain of its own,
 * which lets through nothing but IPv4 and ARP from the guest's own MAC and address; frames from a port
 * without a chain, and frames from port to port, are dropped. In {@code inet banger} nothing is forwarded
 * but between the guests that are switched on and the way out, and nothing reaches the namespace itself
 * but pings of the gateway.
 */
final class Rules {
    /** The interface on the way out, made by pasta. */
    static final String UPLINK = "ext0";

    private static final String TABLE = "banger";
    private static final String NEVER = "0.0.0.0/8, 127.0.0.0/8, 169.254.0.0/16, 224.0.0.0/3";

    private Rules() {}

    static String setup(Bridge bridge, Subnet subnet) {
        return ports()
                + """
                add chain bridge banger prerouting { type filter hook prerouting priority -300; policy drop; }
                add chain bridge banger forward { type filter hook forward priority 0; policy drop; }
                flush chain bridge banger prerouting
                flush chain bridge banger forward
                add rule bridge banger prerouting iifname vmap @ports
                add table inet banger
                add set inet banger guests { type ipv4_addr; }
                add set inet banger host { type ipv4_addr; }
                add chain inet banger leave
                add chain inet banger input { type filter hook input priority 0; policy drop; }
                add chain inet banger forward { type filter hook forward priority 0; policy drop; }
                add chain inet banger postrouting { type nat hook postrouting priority 100; policy accept; }
                flush chain inet banger input
                flush chain inet banger forward
                flush chain inet banger leave
                flush chain inet banger postrouting
                add rule inet banger input iifname "lo" accept
                add rule inet banger input iifname "%1$s" ip daddr %2$s icmp type echo-request limit rate 50/second accept
                add rule inet banger forward iifname "%1$s" oifname "%5$s" jump leave
                add rule inet banger forward iifname "%5$s" oifname "%1$s" ip daddr @guests ct state established,related accept
                add rule inet banger forward iifname "%1$s" reject with icmp type admin-prohibited
                add rule inet banger leave ip daddr @host reject with icmp type admin-prohibited
                add rule inet banger leave ip daddr { %4$s } reject with icmp type admin-prohibited
                add rule inet banger leave ip daddr %3$s reject with icmp type admin-prohibited
                add rule inet banger leave ip saddr @guests accept
                add rule inet banger postrouting oifname "%5$s" masquerade
                """.formatted(bridge, subnet.gateway(), subnet.network() + "/" + subnet.prefix(), NEVER, UPLINK);
    }

    /** @param former address of the same id, which loses its way out */
    static String attach(Id id, Mac mac, Address address, Optional<Address> former) {
        var forget = former.filter(a -> !a.equals(address)).map(Rules::natOff).orElse("");
        return forget + """
                add chain bridge banger %1$s
                flush chain bridge banger %1$s
                add rule bridge banger %1$s ether saddr != %2$s drop
                add rule bridge banger %1$s ip saddr %3$s accept
                add rule bridge banger %1$s arp saddr ether %2$s arp saddr ip %3$s accept
                add rule bridge banger %1$s drop
                add element bridge banger ports { "%1$s" : jump %1$s }
                """.formatted(id.tap(), mac, address);
    }

    /** Everything is added before it is deleted: then nothing that is missing is an error. */
    static String detach(Id id, Optional<Address> address) {
        return ports() + address.map(Rules::natOff).orElse("") + """
                add chain bridge banger %1$s
                add element bridge banger ports { "%1$s" : jump %1$s }
                delete element bridge banger ports { "%1$s" }
                flush chain bridge banger %1$s
                delete chain bridge banger %1$s
                """.formatted(id.tap());
    }

    static String natOn(Address address) {
        return "add element inet banger guests { " + address + " }\n";
    }

    static String natOff(Address address) {
        return natOn(address) + "delete element inet banger guests { " + address + " }\n";
    }

    static String hostAddresses(Collection<Address> addresses) {
        var flush = "flush set inet banger host\n";
        if (addresses.isEmpty()) return flush;
        return flush
                + addresses.stream()
                        .distinct()
                        .map(Address::toString)
                        .collect(Collectors.joining(", ", "add element inet banger host { ", " }\n"));
    }

    private static String ports() {
        return """
                add table bridge %1$s
                add map bridge %1$s ports { type ifname : verdict; }
                """.formatted(TABLE);
    }
}
