package banger.net;

import java.util.regex.Pattern;

/** A VM's id: twelve lower-case hexadecimal digits. Every name of ours in the kernel derives from one. */
record Id(String value) {
    private static final Pattern GRAMMAR = Pattern.compile("[0-9a-f]{12}");
    private static final String PREFIX = "bgr";

    static Id parse(String text) throws Refusal {
        if (!GRAMMAR.matcher(text).matches()) throw Refusal.badRequest("not an id: " + text);
        return new Id(text);
    }

    /** The id whose tap has this name, or nothing of ours. */
    static java.util.Optional<Id> ofTap(String name) {
        return name.startsWith(PREFIX)
                        && GRAMMAR.matcher(name.substring(PREFIX.length())).matches()
                ? java.util.Optional.of(new Id(name.substring(PREFIX.length())))
                : java.util.Optional.empty();
    }

    /** Also the name of the tap's chain. */
    String tap() {
        return PREFIX + value;
    }

    @Override
    public String toString() {
        return value;
    }
}
