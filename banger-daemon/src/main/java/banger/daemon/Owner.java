package banger.daemon;

import banger.api.BangerException;
import banger.api.ErrorCode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;

/**
 * Who owns this state. When it is root, VMMs run as an unprivileged uid of their own (decision 3).
 *
 * @param uid of this process
 * @param name the account's name, as peers are compared
 * @param vmUid the uid on the host that VMMs and their files belong to; empty: the owner's
 */
public record Owner(int uid, String name, Optional<Integer> vmUid) {
    /** High, outside every range that distributions hand out, and without a passwd entry. */
    private static final int FALLBACK_UID = 1_946_157_057;

    private static final int SHARED_DIRECTORY = 01770;

    /** The uid of a VMM inside the private namespace when the owner is root. */
    public static final int NAMESPACE_UID = 1;

    public static Owner current() {
        try {
            var self = Path.of("/proc/self");
            int uid = (Integer) Files.getAttribute(self, "unix:uid");
            return new Owner(
                    uid, Files.getOwner(self).getName(), uid == 0 ? Optional.of(subordinate()) : Optional.empty());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The first uid of root's range in /etc/subuid, else the fixed one. */
    private static int subordinate() {
        var file = Path.of("/etc/subuid");
        if (!Files.isReadable(file)) return FALLBACK_UID;
        try (var in = Files.newBufferedReader(file)) {
            return in.lines()
                    .map(l -> l.split(":"))
                    .filter(f -> f.length == 3 && (f[0].equals("root") || f[0].equals("0")))
                    .map(f -> Integer.parseInt(f[1]))
                    .filter(u -> u > 65535)
                    .findFirst()
                    .orElse(FALLBACK_UID);
        } catch (IOException | NumberFormatException e) {
            return FALLBACK_UID;
        }
    }

    /** Gives a file of a VM to the uid its VMM runs as. */
    public void give(Path file) {
        if (vmUid.isEmpty()) return;
        try {
            Files.setAttribute(file, "unix:uid", vmUid.get());
            Files.setAttribute(file, "unix:gid", vmUid.get());
        } catch (IOException e) {
            throw new BangerException(
                            ErrorCode.INTERNAL,
                            file + ": cannot be given to uid " + vmUid.get() + ": " + e.getMessage())
                    .because(e);
        }
    }

    /**
     * Lets VMMs read a file that was one's own, and none write to it any more. It is ours then: as its owner a VMM could make it
     * writable again.
     */
    public void lend(Path file) {
        try {
            if (vmUid.isPresent()) {
                Files.setAttribute(file, "unix:uid", uid);
                Files.setAttribute(file, "unix:gid", vmUid.get());
            }
            Files.setPosixFilePermissions(
                    file, PosixFilePermissions.fromString(vmUid.isPresent() ? "r--r-----" : "r--------"));
        } catch (IOException e) {
            throw new BangerException(ErrorCode.INTERNAL, file + ": cannot be lent to the VMM: " + e.getMessage())
                    .because(e);
        }
    }

    /** Whether {@link #lend} was said of it. */
    public boolean lent(Path file) throws IOException {
        boolean ours = vmUid.isEmpty() || Integer.valueOf(uid).equals(Files.getAttribute(file, "unix:uid"));
        return ours && !Files.getPosixFilePermissions(file).contains(PosixFilePermission.OWNER_WRITE);
    }

    /**
     * Lets the VMM work in its VM's directory: it may make its sockets there, but not touch what we or the
     * shim keep in it (sticky).
     */
    public void share(Path directory) {
        if (vmUid.isEmpty()) return;
        try {
            Files.setAttribute(directory, "unix:gid", vmUid.get());
            Files.setAttribute(directory, "unix:mode", SHARED_DIRECTORY);
        } catch (IOException e) {
            throw new BangerException(
                            ErrorCode.INTERNAL,
                            directory + ": cannot be shared with uid " + vmUid.get() + ": " + e.getMessage())
                    .because(e);
        }
    }
}
