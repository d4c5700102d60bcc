package banger.daemon.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SshKeyPairTest {
    @TempDir
    Path dir;

    private String keygen(String... arguments) throws IOException, InterruptedException {
        var command = new java.util.ArrayList<>(java.util.List.of("ssh-keygen"));
        command.addAll(java.util.List.of(arguments));
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        var out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).describedAs(out).isZero();
        return out.strip();
    }

    @Test
    void sshKeygenTakesBothHalves() throws Exception {
        // Several: the length of the comment decides the padding, and keys may begin with any byte.
        for (var comment : new String[] {"", "b", "banger", "vm-0123456789ab", "grün"}) {
            var pair = SshKeyPair.generate(comment);
            var file = dir.resolve("key");
            Files.deleteIfExists(file);
            Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.writeString(file, pair.privateKey());
            var derived = keygen("-y", "-f", file.toString());
            assertThat(derived).startsWith(pair.publicKey());
            assertThat(derived.substring(pair.publicKey().length()).strip()).isEqualTo(comment);
            var publicFile = Files.writeString(dir.resolve("pub"), pair.publicKey() + "\n");
            assertThat(keygen("-l", "-f", publicFile.toString()))
                    .startsWith("256 SHA256:")
                    .endsWith("(ED25519)");
            assertThat(keygen("-l", "-f", file.toString()).split(" ")[1])
                    .isEqualTo(keygen("-l", "-f", publicFile.toString()).split(" ")[1]);
        }
    }

    @Test
    void noTwoAreTheSame() {
        assertThat(SshKeyPair.generate("a").publicKey())
                .isNotEqualTo(SshKeyPair.generate("a").publicKey());
    }
}
