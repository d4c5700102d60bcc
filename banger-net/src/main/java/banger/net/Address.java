package banger.net;

import java.util.regex.Pattern;

/** An IPv4 address. */
record Address(int bits) {
    private static final Pattern GRAMMAR = Pattern.compile("(0|[1-9][0-9]{0,2})(\\.(0|[1-9][0-9]{0,2})){3}");

    /** Four decimal numbers without leading zeros: some programs read those as octal. */
    static Address parse(String text) throws Refusal {
        if (!GRAMMAR.matcher(text).matches()) throw Refusal.badRequest("not an IPv4 address: " + text);
        int bits = 0;
        for (var part : text.split("\\.")) {
            int value = Integer.parseInt(part);
            if (value > 255) throw Refusal.badRequest("not an IPv4 address: " + text);
            bits = bits << 8 | value;
        }
        return new Address(bits);
    }

    @Override
    public String toString() {
        return (bits >>> 24) + "." + (bits >>> 16 & 255) + "." + (bits >>> 8 & 255) + "." + (bits & 255);
    }
}
