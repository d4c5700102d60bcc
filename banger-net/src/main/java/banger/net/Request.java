package banger.net;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Everything that can be asked of us. A line becomes one of these, or a refusal, before anything is done. */
sealed interface Request {
    int VERSION = 1;

    record Hello() implements Request {}

    record Setup(Bridge bridge, Subnet subnet) implements Request {}

    record Attach(Id id, Mac mac, Address address) implements Request {}

    record Detach(Id id) implements Request {}

    record NatOn(Id id) implements Request {}

    record NatOff(Id id) implements Request {}

    record HostAddresses(List<Address> addresses) implements Request {}

    record Taps() implements Request {}

    record Natted() implements Request {}

    record Uplink() implements Request {}

    static Request parse(ByteBuffer line) throws Refusal {
        var text = new StringBuilder(line.remaining());
        while (line.hasRemaining()) {
            byte b = line.get();
            if (b < ' ' || b > '~') throw Refusal.badRequest("a byte that is not printable ASCII");
            text.append((char) b);
        }
        return parse(text.toString());
    }

    private static Request parse(String line) throws Refusal {
        var words = List.of(line.split(" ", -1));
        var request = words.getFirst() + "/" + (words.size() - 1);
        return switch (request) {
            case "hello/1" -> hello(words.get(1));
            case "setup/2" -> new Setup(Bridge.parse(words.get(1)), Subnet.parse(words.get(2)));
            case "attach/3" -> new Attach(Id.parse(words.get(1)), Mac.parse(words.get(2)), Address.parse(words.get(3)));
            case "detach/1" -> new Detach(Id.parse(words.get(1)));
            case "nat/2" -> nat(Id.parse(words.get(1)), words.get(2));
            case "list/0" -> new Taps();
            case "list-nat/0" -> new Natted();
            case "uplink/0" -> new Uplink();
            default -> {
                if (!words.getFirst().equals("host-addresses")) throw Refusal.badRequest("unknown request: " + line);
                yield hostAddresses(words.subList(1, words.size()));
            }
        };
    }

    private static Request hello(String version) throws Refusal {
        if (!version.equals(Integer.toString(VERSION)))
            throw Refusal.badRequest("version " + version + ": only " + VERSION + " is spoken here");
        return new Hello();
    }

    private static Request nat(Id id, String state) throws Refusal {
        return switch (state) {
            case "on" -> new NatOn(id);
            case "off" -> new NatOff(id);
            default -> throw Refusal.badRequest("neither on nor off: " + state);
        };
    }

    private static Request hostAddresses(List<String> words) throws Refusal {
        var addresses = new ArrayList<Address>();
        for (var word : words) addresses.add(Address.parse(word));
        return new HostAddresses(List.copyOf(addresses));
    }
}
