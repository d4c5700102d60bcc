package banger.daemon.kernel;

import banger.api.BangerException;
import banger.api.ErrorCode;

/** The grammar of a kernel's name: letters, digits, {@code . - _}, at most 63, beginning with a letter or digit. */
final class KernelName {
    private KernelName() {}

    /** @throws BangerException {@code usage} */
    static String checked(String name) {
        if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,62}") || name.contains(".."))
            throw new BangerException(
                    ErrorCode.USAGE,
                    "kernel name \"" + printable(name) + "\": not a name",
                    "letters, digits, dots, hyphens and underscores; it begins with a letter or digit, at most 63");
        return name;
    }

    private static String printable(String text) {
        var shown = text.length() > 80 ? text.substring(0, 80) + "…" : text;
        return shown.replaceAll("[^ -~…]", "?");
    }
}
