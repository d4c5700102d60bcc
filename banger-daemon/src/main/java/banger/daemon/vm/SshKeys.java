package banger.daemon.vm;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Layout;
import banger.daemon.DurableFiles;
import banger.daemon.ssh.SshKeyPair;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The keys below {@code $STATE/ssh}: one for the user, one host key a VM, and a known_hosts file a VM
 * that pins it before the first connection.
 */
public final class SshKeys {
    private final Path directory;
    private final Path ofVms;
    private final Optional<Path> ownKey;

    /** @param ownKey a private key of the user's to use instead of one of ours; its {@code .pub} lies beside it */
    public SshKeys(Layout layout, Optional<Path> ownKey) {
        this.directory = layout.ssh();
        this.ofVms = layout.vmKeys();
        this.ownKey = ownKey;
    }

    public Path userKey() {
        return ownKey.orElse(directory.resolve("id_ed25519"));
    }

    /** The user's public key line; the pair is made at first use. */
    public synchronized String userPublicKey() {
        var file = userKey().resolveSibling(userKey().getFileName() + ".pub");
        try {
            if (ownKey.isPresent()) return existing(file);
            if (!Files.exists(file) || !Files.exists(userKey())) {
                var pair = SshKeyPair.generate("banger");
                DurableFiles.write(userKey(), pair.privateKey().getBytes(StandardCharsets.US_ASCII), "rw-------");
                DurableFiles.write(
                        file, (pair.publicKey() + " banger\n").getBytes(StandardCharsets.US_ASCII), "rw-r--r--");
            }
            return Files.readString(file).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String existing(Path file) throws IOException {
        if (!Files.isReadable(file))
            throw new BangerException(
                    ErrorCode.CONFIG_INVALID,
                    "ssh_key_path: there is no readable public key " + file,
                    "ssh-keygen -y -f " + file.toString().replaceFirst("\\.pub$", "") + " > " + file);
        return Files.readString(file).strip();
    }

    /** Makes a VM's host key and pins it; returns the private key's file. */
    public Path makeHostKey(VmId id) {
        var pair = SshKeyPair.generate("vm-" + id);
        DurableFiles.write(hostKey(id), pair.privateKey().getBytes(StandardCharsets.US_ASCII), "rw-------");
        DurableFiles.write(
                knownHosts(id),
                (hostAlias(id) + " " + pair.publicKey() + "\n").getBytes(StandardCharsets.US_ASCII),
                "rw-------");
        return hostKey(id);
    }

    public String hostPrivateKey(VmId id) {
        try {
            if (!Files.exists(hostKey(id))) makeHostKey(id);
            return Files.readString(hostKey(id));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The name under which ssh finds the pinned key. */
    public static String hostAlias(VmId id) {
        return "banger-" + id;
    }

    public Path knownHosts(VmId id) {
        return ofVms.resolve(id + ".known_hosts");
    }

    private Path hostKey(VmId id) {
        return ofVms.resolve(id + ".host_key");
    }

    public void forget(VmId id) {
        DurableFiles.remove(knownHosts(id));
        DurableFiles.remove(hostKey(id));
    }
}
