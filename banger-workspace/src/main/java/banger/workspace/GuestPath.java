package banger.workspace;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Printable;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;

/**
 * Where a workspace's work tree lies in the guest: absolute, plain, printable text of at most 1024 bytes.
 * Never the root or a place that the guest's kernel or next boot makes anew.
 */
public record GuestPath(String value) {
    private static final Set<String> NOT_BELOW = Set.of("proc", "sys", "dev", "run", "tmp", "boot");

    /** Where a repository goes when nobody says where. Behind what its constructor needs. */
    public static final GuestPath DEFAULT = new GuestPath("/root/repo");

    /** @throws BangerException {@code usage} */
    public GuestPath {
        if (!value.startsWith("/")) throw bad(value, "must be absolute");
        if (value.equals("/")) throw bad(value, "a repository cannot be the whole guest");
        if (value.getBytes(StandardCharsets.UTF_8).length > 1024) throw bad(value, "over 1024 bytes");
        if (!Printable.line(value).equals(value)) throw bad(value, "has characters that cannot be shown");
        var names = value.substring(1).split("/", -1);
        if (Arrays.stream(names).anyMatch(n -> n.isEmpty() || n.equals(".") || n.equals("..") || n.equals(".git")))
            throw bad(value, "must be written without //, . , .. and .git, and without a / at its end");
        if (NOT_BELOW.contains(names[0])) throw bad(value, "/" + names[0] + " does not outlive a restart of the guest");
    }

    /** Percent-encoded, for a query. */
    public String encoded() {
        return URLEncoder.encode(value, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /** A path below this one. */
    public GuestPath below(String relative) {
        return relative.isEmpty() ? this : new GuestPath(value + "/" + relative);
    }

    @Override
    public String toString() {
        return value;
    }

    private static BangerException bad(String value, String why) {
        return new BangerException(
                ErrorCode.USAGE, "guest path " + Printable.quote(value) + ": " + why, "--guest-path /root/repo");
    }
}
