package banger.api;

import java.time.Duration;
import java.time.Instant;
import java.util.Locale;

/** Durations as people read them. */
public final class Times {
    private Times() {}

    /** {@code 0.19 s}, {@code 4.2 s}, {@code 1 min 12 s}. */
    public static String took(long millis) {
        if (millis < 995) return String.format(Locale.ROOT, "%.2f s", millis / 1000.0);
        if (millis < 59_950) return String.format(Locale.ROOT, "%.1f s", millis / 1000.0);
        long seconds = Math.round(millis / 1000.0);
        return seconds / 60 + " min " + seconds % 60 + " s";
    }

    /** {@code 3 min ago}, {@code 2 days ago}. */
    public static String ago(Instant then, Instant now) {
        long seconds = Math.max(0, Duration.between(then, now).toSeconds());
        if (seconds < 60) return seconds + " s ago";
        if (seconds < 3600) return seconds / 60 + " min ago";
        if (seconds < 86_400) return count(seconds / 3600, "hour") + " ago";
        return count(seconds / 86_400, "day") + " ago";
    }

    private static String count(long n, String what) {
        return n + " " + what + (n == 1 ? "" : "s");
    }
}
