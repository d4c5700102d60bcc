package banger.daemon.debian;

import banger.api.BangerException;
import banger.api.ErrorCode;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Where Debian's packages come from. What comes is checked against Debian's own keys, so the mirror need
 * not be trusted and plain http is enough.
 *
 * @param archive the main archive, {@code http://deb.debian.org/debian}
 * @param security the archive of the security updates
 */
public record DebianMirror(URI archive, URI security) {
    public static final DebianMirror DEFAULT = of("http://deb.debian.org/debian");

    private static final URI DEFAULT_SECURITY = URI.create("http://deb.debian.org/debian-security");

    private static final List<Path> KEYRINGS = List.of(
            Path.of("/usr/share/keyrings/debian-archive-keyring.pgp"),
            Path.of("/usr/share/keyrings/debian-archive-keyring.gpg"));

    public DebianMirror {
        check(archive);
        check(security);
    }

    /**
     * A mirror named in the configuration; its security updates are taken from beside it when its name
     * ends in {@code /debian}, as mirrors of both have it, else from Debian.
     */
    public static DebianMirror of(String archive) {
        var text = archive.replaceAll("/+$", "");
        URI main;
        try {
            main = URI.create(text);
        } catch (IllegalArgumentException e) {
            throw invalid(archive);
        }
        var security = text.endsWith("/debian") ? URI.create(text + "-security") : DEFAULT_SECURITY;
        return new DebianMirror(main, security);
    }

    /** The lines of a sources.list that name a suite with its updates, each bound to Debian's keys. */
    public List<String> sources(String suite) {
        var signed = "deb [signed-by=" + keyring() + "] ";
        return List.of(
                signed + archive + " " + suite + " main",
                signed + archive + " " + suite + "-updates main",
                signed + security + " " + suite + "-security main");
    }

    /** The same lines for the image itself, where Debian's keys are the ones apt trusts anyway. */
    public List<String> guestSources(String suite) {
        return List.of(
                "deb " + archive + " " + suite + " main",
                "deb " + archive + " " + suite + "-updates main",
                "deb " + security + " " + suite + "-security main");
    }

    /** @throws BangerException {@code host.tool-missing} when the host has no keys of Debian's */
    public static Path keyring() {
        return KEYRINGS.stream()
                .filter(Files::isReadable)
                .findFirst()
                .orElseThrow(() -> new BangerException(
                        ErrorCode.HOST_TOOL_MISSING,
                        "debian-archive-keyring: not found on this host",
                        "sudo apt-get install debian-archive-keyring"));
    }

    private static void check(URI uri) {
        var scheme = String.valueOf(uri.getScheme());
        // The line it goes into is split at spaces and brackets; URI lets neither through.
        if (!List.of("http", "https", "file").contains(scheme) || uri.getPath() == null) throw invalid(uri.toString());
    }

    private static BangerException invalid(String mirror) {
        return new BangerException(
                ErrorCode.CONFIG_INVALID, "debian mirror " + mirror + ": not an http, https or file address");
    }
}
