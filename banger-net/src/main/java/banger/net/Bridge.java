package banger.net;

import java.util.regex.Pattern;

/** The name of a bridge of ours: no other can be written, so no guest can be put on a foreign one. */
record Bridge(String name) {
    private static final Pattern GRAMMAR = Pattern.compile("br-banger(-[a-z0-9]{1,5})?");

    static Bridge parse(String text) throws Refusal {
        if (!is(text)) throw Refusal.badRequest("not a bridge of ours: " + text);
        return new Bridge(text);
    }

    static boolean is(String name) {
        return GRAMMAR.matcher(name).matches();
    }

    @Override
    public String toString() {
        return name;
    }
}
