package banger.daemon.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.BangerException;
import banger.api.Layout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SshKeysTest {
    private static final VmId ID = new VmId("0123456789ab");

    @TempDir
    Path home;

    private SshKeys keys(Optional<Path> own) {
        return new SshKeys(Layout.of(Map.of("BANGER_HOME", home.toString()), home), own);
    }

    private static String mode(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }

    @Test
    void theUsersPairIsMadeOnceAndStaysPrivate() throws IOException {
        var line = keys(Optional.empty()).userPublicKey();
        assertThat(line).matches("ssh-ed25519 [A-Za-z0-9+/=]+ banger");
        assertThat(keys(Optional.empty()).userPublicKey()).isEqualTo(line);
        assertThat(mode(keys(Optional.empty()).userKey())).isEqualTo("rw-------");
    }

    @Test
    void halfAPairIsMadeAgain() throws IOException {
        var line = keys(Optional.empty()).userPublicKey();
        Files.delete(keys(Optional.empty()).userKey());
        assertThat(keys(Optional.empty()).userPublicKey()).isNotEqualTo(line);
    }

    @Test
    void aKeyOfTheUsersOwnIsTakenAsItIs() throws IOException {
        var own = home.resolve("id_mine");
        Files.writeString(home.resolve("id_mine.pub"), "ssh-rsa AAAA me@host\n");
        var keys = keys(Optional.of(own));
        assertThat(keys.userKey()).isEqualTo(own);
        assertThat(keys.userPublicKey()).isEqualTo("ssh-rsa AAAA me@host");
        Files.delete(home.resolve("id_mine.pub"));
        assertThatThrownBy(keys::userPublicKey)
                .isInstanceOfSatisfying(
                        BangerException.class,
                        e -> assertThat(e.remedies())
                                .containsExactly("ssh-keygen -y -f " + own + " > " + own + ".pub"));
        assertThat(own).doesNotExist();
    }

    @Test
    void aHostKeyIsPinnedWhenItIsMadeAndForgottenWithItsVm() throws IOException {
        var keys = keys(Optional.empty());
        keys.makeHostKey(ID);
        assertThat(keys.hostPrivateKey(ID)).startsWith("-----BEGIN OPENSSH PRIVATE KEY-----\n");
        assertThat(keys.hostPrivateKey(ID)).isEqualTo(keys.hostPrivateKey(ID));
        assertThat(Files.readString(keys.knownHosts(ID))).matches("banger-0123456789ab ssh-ed25519 [A-Za-z0-9+/=]+\n");
        assertThat(mode(keys.knownHosts(ID))).isEqualTo("rw-------");
        var other = new VmId("0123456789ac");
        assertThat(keys.hostPrivateKey(other)).isNotEqualTo(keys.hostPrivateKey(ID));
        keys.forget(ID);
        assertThat(keys.knownHosts(ID)).doesNotExist();
        assertThat(keys.knownHosts(other)).exists();
        keys.forget(ID);
    }
}
