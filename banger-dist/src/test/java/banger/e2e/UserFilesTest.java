package banger.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The user's own files and identity in a guest. */
@Tag("vm")
class UserFilesTest {
    @RegisterExtension
    static final TestHome HOME = TestHome.prepared();

    @AfterEach
    void delete() {
        HOME.deleteAll();
    }

    private static Ended banger(Path home, String... words) {
        return HOME.banger(List.of(words)).env("HOME", home.toString()).run();
    }

    @Test
    void syncedFilesAndTheIdentityOfGitAreThereAtEachStart() throws IOException {
        var home = Files.createDirectories(HOME.path().resolve("sam"));
        Files.writeString(home.resolve(".gitconfig"), "[user]\n name = Sam \\\"S\\\" Ham\n email = sam@example.org\n");
        Files.writeString(home.resolve(".netrc"), "machine a\n");
        Files.write(home.resolve("big"), new byte[9_000_000]);
        HOME.settings("""
                [[file_sync]]
                host = "~/.netrc"
                guest = "~/.netrc"
                [[file_sync]]
                host = "~/big"
                guest = "/root/deep/down/big"
                mode = "0640"
                [[file_sync]]
                host = "~/nothing"
                guest = "~/nothing"
                """);
        var created = banger(
                home, "vm", "create", "--image", Prepared.IMAGE, "--vcpu", "1", "--memory", "512M", "--name", "box");
        assertThat(created.ok().err()).contains("warning: vm box: file_sync[2]: ", "is not there; left out");
        assertThat(HOME.exec(
                                "box",
                                "sh",
                                "-c",
                                "cat .netrc; stat -c '%a %u %s' .netrc deep/down/big; git config --get user.name; git config"
                                        + " --get user.email")
                        .ok()
                        .out())
                .isEqualTo("machine a\n600 0 10\n640 0 9000000\nSam \"S\" Ham\nsam@example.org\n");
        // The guest's own settings stay; what the host says is said again.
        HOME.exec("box", "sh", "-c", "git config --global alias.st status; echo changed > .netrc")
                .ok();
        Files.writeString(home.resolve(".gitconfig"), "[user]\n name = Other\n email = o@example.org\n");
        HOME.run("vm", "restart", "box").ok();
        assertThat(HOME.exec("box", "sh", "-c", "cat .netrc; git config alias.st; git config user.name")
                        .ok()
                        .out())
                .isEqualTo("machine a\nstatus\nOther\n");
    }
}
