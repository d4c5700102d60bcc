package banger.daemon.engine.firecracker;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** A release of Firecracker, and what is known of it. */
public record FirecrackerVersion(int major, int minor, int patch) implements Comparable<FirecrackerVersion> {
    /**
     * Devices by ACPI, without which kernels of distributions find none, came with 1.8; another tap for a
     * saved machine with 1.12.
     */
    public static final FirecrackerVersion OLDEST = new FirecrackerVersion(1, 12, 0);

    private static final Pattern NUMBER = Pattern.compile("([0-9]{1,3})\\.([0-9]{1,3})\\.([0-9]{1,4})");
    private static final Pattern ANSWER = Pattern.compile("(?m)^Firecracker v" + NUMBER.pattern());
    private static final Comparator<FirecrackerVersion> ORDER = Comparator.comparingInt(FirecrackerVersion::major)
            .thenComparingInt(FirecrackerVersion::minor)
            .thenComparingInt(FirecrackerVersion::patch);

    /**
     * A published hole.
     *
     * @param part the part of Firecracker that has it
     * @param reaches whether VMs of ours use that part
     */
    public record Hole(String cve, String part, boolean reaches) {}

    private record Range(FirecrackerVersion first, FirecrackerVersion last, Hole hole) {}

    private static final Hole PCI = new Hole("CVE-2026-5747", "PCI transport, which banger does not switch on", false);
    private static final Hole JAILER = new Hole("CVE-2026-1386", "jailer, which user mode does not use", false);

    private static final List<Range> KNOWN = List.of(
            new Range(of(1, 13, 0), of(1, 14, 3), PCI),
            new Range(of(1, 15, 0), of(1, 15, 0), PCI),
            new Range(of(0, 0, 0), of(1, 13, 1), JAILER),
            new Range(of(1, 14, 0), of(1, 14, 0), JAILER));

    private static FirecrackerVersion of(int major, int minor, int patch) {
        return new FirecrackerVersion(major, minor, patch);
    }

    /** {@code 1.16.1}; empty when it is not a version. */
    public static Optional<FirecrackerVersion> parse(String text) {
        var matcher = NUMBER.matcher(text);
        return matcher.matches() ? Optional.of(of(matcher)) : Optional.empty();
    }

    /** From what {@code firecracker --version} says. */
    static Optional<FirecrackerVersion> told(String answer) {
        var matcher = ANSWER.matcher(answer);
        return matcher.find() ? Optional.of(of(matcher)) : Optional.empty();
    }

    private static FirecrackerVersion of(java.util.regex.Matcher matcher) {
        return of(
                Integer.parseInt(matcher.group(1)),
                Integer.parseInt(matcher.group(2)),
                Integer.parseInt(matcher.group(3)));
    }

    public boolean supported() {
        return compareTo(OLDEST) >= 0;
    }

    /** The holes that this release has and a later one has not. */
    public List<Hole> holes() {
        return KNOWN.stream()
                .filter(r -> compareTo(r.first) >= 0 && compareTo(r.last) <= 0)
                .map(Range::hole)
                .toList();
    }

    @Override
    public int compareTo(FirecrackerVersion other) {
        return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
        return major + "." + minor + "." + patch;
    }
}
