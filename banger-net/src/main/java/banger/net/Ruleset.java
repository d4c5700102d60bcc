package banger.net;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What the kernel says of our tables, read from {@code nft list ruleset}.
 *
 * @param pins of every port that has a chain
 * @param natted the addresses that may leave
 */
record Ruleset(Map<Id, Pin> pins, Set<Address> natted) {
    /** What the guest behind a port may call itself. */
    record Pin(Mac mac, Address address) {}

    private static final Pattern CHAIN = Pattern.compile("chain bgr([0-9a-f]{12}) \\{\\s+"
            + "ether saddr != ([0-9a-f:]{17}) drop\\s+"
            + "ip saddr ([0-9.]{7,15}) accept\\s");
    private static final Pattern GUESTS =
            Pattern.compile("set guests \\{\\s+type ipv4_addr\\s+elements = \\{([^}]*)\\}");

    static Ruleset parse(String text) throws Refusal {
        var pins = new LinkedHashMap<Id, Pin>();
        for (var m = CHAIN.matcher(text); m.find(); )
            pins.put(Id.parse(m.group(1)), new Pin(Mac.parse(m.group(2)), Address.parse(m.group(3))));
        var natted = new LinkedHashSet<Address>();
        var guests = GUESTS.matcher(text);
        if (guests.find()) for (var a : guests.group(1).split(",")) natted.add(Address.parse(a.strip()));
        return new Ruleset(pins, natted);
    }

    Optional<Address> addressOf(Id id) {
        return Optional.ofNullable(pins.get(id)).map(Pin::address);
    }

    /** The id that has this MAC or this address, other than {@code id} itself. */
    Optional<Id> holderOf(Id id, Mac mac, Address address) {
        return pins.entrySet().stream()
                .filter(e -> !e.getKey().equals(id))
                .filter(e ->
                        e.getValue().mac().equals(mac) || e.getValue().address().equals(address))
                .map(Map.Entry::getKey)
                .findFirst();
    }
}
