package banger.daemon.vm;

import banger.daemon.archive.CpioHeader;
import banger.daemon.archive.CpioWriter;
import banger.daemon.userfiles.UserFiles;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Optional;

/**
 * The archive that makes a neutral machine into one VM (docs/protocol.md, "The configuration archive").
 * The same for a cold boot and after a restore.
 */
final class GuestConfiguration {
    private static final String SSHD_CONFIG = """
            HostKey /run/banger/ssh_host_ed25519_key
            PidFile none
            PermitRootLogin prohibit-password
            PubkeyAuthentication yes
            PasswordAuthentication no
            KbdInteractiveAuthentication no
            AuthorizedKeysFile .ssh/authorized_keys
            PrintMotd no
            PrintLastLog no
            UsePAM yes
            UseDNS no
            AcceptEnv LANG LC_* TERM COLORTERM
            Subsystem sftp internal-sftp
            """;

    /**
     * In place of systemd's own file of this name, which empties /tmp while it boots: commands do not wait
     * for systemd, and what the first one wrote there must stay.
     */
    private static final String KEEP_TMP = """
            q /tmp 1777 root root 10d
            q /var/tmp 1777 root root 30d
            """;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final CpioWriter cpio = new CpioWriter(bytes);

    private GuestConfiguration() {}

    /**
     * @param network empty: no network card
     * @param resolver the name server a guest is given
     * @param userPublicKey empty: other machines will continue from this one, which is nobody's
     * @param files of the user's, as many as the archive may hold
     */
    static byte[] of(
            Vm vm,
            Optional<Subnet> network,
            String resolver,
            Optional<String> userPublicKey,
            String hostPrivateKey,
            GuestFiles files) {
        var archive = new GuestConfiguration();
        try {
            return archive.write(vm, network, resolver, userPublicKey, hostPrivateKey, files);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** For a machine that is to become a template: nobody's, and without a work disk. */
    static byte[] template() {
        var archive = new GuestConfiguration();
        var conf = new StringBuilder();
        line(conf, "template", "1");
        // Without one, systemd takes this for a first boot; the VM's own takes its place.
        line(conf, "machine-id", hex(16));
        moment(conf);
        try (var cpio = archive.cpio) {
            archive.file("banger.conf", 0600, conf.toString());
            cpio.directory(CpioHeader.root("put/run/tmpfiles.d", 0755));
            archive.file("put/run/tmpfiles.d/tmp.conf", 0644, KEEP_TMP);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return archive.bytes.toByteArray();
    }

    private byte[] write(
            Vm vm,
            Optional<Subnet> network,
            String resolver,
            Optional<String> userKey,
            String hostKey,
            GuestFiles files)
            throws IOException {
        try (cpio) {
            file("banger.conf", 0600, conf(vm, network, resolver) + (userKey.isPresent() ? "" : "saved=1\n"));
            cpio.directory(CpioHeader.root("put/run/banger", 0700));
            file("put/run/banger/ssh_host_ed25519_key", 0600, hostKey);
            file("put/run/banger/sshd_config", 0600, SSHD_CONFIG);
            cpio.directory(CpioHeader.root("put/run/tmpfiles.d", 0755));
            file("put/run/tmpfiles.d/tmp.conf", 0644, KEEP_TMP);
            cpio.directory(CpioHeader.root("put/root", 0755));
            cpio.directory(CpioHeader.root("put/root/.ssh", 0700));
            files.put(cpio);
            file("absent/root/.hushlogin", 0644, "");
            if (userKey.isPresent()) file("merge/root/.ssh/authorized_keys", 0600, userKey.get() + "\n");
            if (files.identity()) file("merge/root/.gitconfig", 0644, UserFiles.GIT_INCLUDE + "\n");
        }
        return bytes.toByteArray();
    }

    private void file(String name, int mode, String content) throws IOException {
        cpio.file(CpioHeader.root(name, mode), content.getBytes(StandardCharsets.UTF_8));
    }

    private static String conf(Vm vm, Optional<Subnet> network, String resolver) {
        var conf = new StringBuilder();
        line(conf, "id", vm.id().value());
        line(conf, "machine-id", vm.machineId());
        line(conf, "hostname", vm.name().value());
        line(conf, "mac", vm.mac());
        // A machine that goes on with bigger disks than it had waits until its kernel has seen them.
        line(conf, "overlay", Long.toString(vm.overlayBytes()));
        line(conf, "work", Long.toString(vm.diskBytes()));
        network.ifPresent(subnet -> {
            line(conf, "address", subnet.withPrefix(vm.address()));
            line(conf, "gateway", subnet.gateway());
            line(conf, "resolver", resolver);
        });
        moment(conf);
        return conf.toString();
    }

    private static void moment(StringBuilder conf) {
        var now = Instant.now();
        line(conf, "time", Long.toString(now.getEpochSecond() * 1_000_000_000 + now.getNano()));
        line(conf, "seed", hex(32));
    }

    private static String hex(int bytes) {
        var random = new byte[bytes];
        new SecureRandom().nextBytes(random);
        return HexFormat.of().formatHex(random);
    }

    private static void line(StringBuilder conf, String key, String value) {
        conf.append(key).append('=').append(value).append('\n');
    }
}
