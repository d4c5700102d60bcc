package banger.api;

import java.util.regex.Pattern;

/** A VM's name: a DNS label of 1 to 63 of {@code a-z 0-9 -}, not beginning or ending with a hyphen. */
public record VmName(String value) {
    private static final Pattern GRAMMAR = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");

    public VmName {
        if (!GRAMMAR.matcher(value).matches())
            throw new BangerException(
                    ErrorCode.USAGE,
                    "name " + Printable.quote(value) + ": not a VM name",
                    "write 1 to 63 of a-z, 0-9 and hyphens, with a letter or digit first and last");
    }

    @Override
    public String toString() {
        return value;
    }
}
