package banger.api;

import java.util.Locale;
import java.util.regex.Pattern;

/** Sizes as people write and read them. */
public final class Size {
    private static final Pattern GRAMMAR = Pattern.compile("([0-9]{1,9})([KMGT]?)");
    private static final String UNITS = "KMGT";
    public static final long MIB = 1L << 20;
    public static final long GIB = 1L << 30;

    private Size() {}

    /**
     * {@code 4G}, {@code 4096M}, or {@code 4096} for MiB.
     *
     * @param flag named in the error
     * @return bytes, more than zero
     */
    public static long parse(String flag, String text) {
        var matcher = GRAMMAR.matcher(text);
        if (!matcher.matches())
            throw new BangerException(
                    ErrorCode.USAGE,
                    flag + " " + Printable.quote(text) + ": not a size; write 4G, 4096M, or 4096 for MiB");
        var unit = matcher.group(2).isEmpty() ? 'M' : matcher.group(2).charAt(0);
        int shift = 10 * (UNITS.indexOf(unit) + 1);
        long bytes = Long.parseLong(matcher.group(1)) << shift;
        if (bytes >> shift != Long.parseLong(matcher.group(1)))
            throw new BangerException(ErrorCode.USAGE, flag + " " + text + ": too much");
        if (bytes == 0) throw new BangerException(ErrorCode.USAGE, flag + " " + text + ": must be more than zero");
        return bytes;
    }

    /** {@code 1.2 GiB}, {@code 212 MiB}, {@code 0 B}. */
    public static String human(long bytes) {
        if (bytes < 1024) return bytes + " B";
        double value = bytes;
        int unit = -1;
        while (value >= 1023.5 && unit < UNITS.length() - 1) {
            value /= 1024;
            unit++;
        }
        return String.format(Locale.ROOT, value < 9.95 ? "%.1f %ciB" : "%.0f %ciB", value, UNITS.charAt(unit));
    }

    /** The way sizes are typed: {@code 8G}, {@code 512M}. */
    public static String flag(long bytes) {
        if (bytes % GIB == 0) return bytes / GIB + "G";
        return bytes / MIB + "M";
    }
}
