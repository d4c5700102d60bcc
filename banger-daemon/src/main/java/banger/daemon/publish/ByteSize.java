package banger.daemon.publish;

import java.util.Locale;

/** Sizes as a person reads them. */
public final class ByteSize {
    private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB"};

    private ByteSize() {}

    /** {@code 25.5 MiB}, {@code 812 B}. */
    public static String text(long bytes) {
        if (bytes < 1024) return bytes + " B";
        double size = bytes;
        int unit = 0;
        while (size >= 1023.95 && unit < UNITS.length - 1) {
            size /= 1024;
            unit++;
        }
        return String.format(Locale.ROOT, "%.1f %s", size, UNITS[unit]);
    }
}
