package banger.daemon.engine.firecracker;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Printable;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A published release of Firecracker.
 *
 * @param sha256 of its archive, lower-case hexadecimal
 */
public record FirecrackerRelease(FirecrackerVersion version, String sha256) {
    /** The first is the one that is fetched when none is named: the one this banger was tried with. */
    static final List<FirecrackerRelease> KNOWN = List.of(
            known("1.16.1", "382a02a869e4d6d5cb14c40577f9545e8458021ea8b0b2d3fc10ec14d9c242e6"),
            known("1.17.0", "06094a1108ae9e82aa4c23a775aa92758f53f1175d422270d9d6162cb9ade558"));

    private static final String PULL = "banger engine pull firecracker";

    private static FirecrackerRelease known(String version, String sha256) {
        return new FirecrackerRelease(FirecrackerVersion.parse(version).orElseThrow(), sha256);
    }

    /**
     * The release that a person means.
     *
     * @param version {@code 1.16.1}; empty: the default
     * @param sha256 of the archive, needed for a version that is not known
     * @throws BangerException {@code usage}
     */
    public static FirecrackerRelease wanted(Optional<String> version, Optional<String> sha256) {
        var parsed = version.map(FirecrackerRelease::version).orElse(KNOWN.getFirst().version);
        sha256.filter(s -> !s.matches("[0-9a-f]{64}")).ifPresent(s -> {
            throw new BangerException(
                    ErrorCode.USAGE, "sha256 " + Printable.quote(s) + ": not 64 digits of 0-9 and a-f");
        });
        var known = KNOWN.stream().filter(r -> r.version.equals(parsed)).findFirst();
        if (known.isPresent() && sha256.isPresent() && !sha256.get().equals(known.get().sha256))
            throw new BangerException(
                    ErrorCode.USAGE,
                    "firecracker " + parsed + ": its archive has another SHA-256 than the one given",
                    "leave out --sha256: " + known.get().sha256 + " is known");
        return known.or(() -> sha256.map(s -> new FirecrackerRelease(parsed, s)))
                .orElseThrow(() -> new BangerException(
                        ErrorCode.USAGE,
                        "firecracker " + parsed + ": this banger does not know its archive's SHA-256",
                        PULL + " --version " + parsed + " --sha256 HASH",
                        "known: "
                                + KNOWN.stream().map(r -> r.version.toString()).collect(Collectors.joining(", "))));
    }

    private static FirecrackerVersion version(String text) {
        var version = FirecrackerVersion.parse(text.startsWith("v") ? text.substring(1) : text)
                .orElseThrow(() -> new BangerException(
                        ErrorCode.USAGE, "version " + Printable.quote(text) + ": not one such as 1.16.1"));
        if (!version.supported())
            throw new BangerException(
                    ErrorCode.USAGE,
                    "firecracker " + version + ": too old, at least " + FirecrackerVersion.OLDEST + " is needed",
                    PULL);
        return version;
    }

    /** Below the address of all releases. */
    String address() {
        return "v" + version + "/firecracker-v" + version + "-x86_64.tgz";
    }

    /** The name in its archive of {@code firecracker} or {@code jailer}. */
    String member(String program) {
        return "release-v" + version + "-x86_64/" + program + "-v" + version + "-x86_64";
    }
}
