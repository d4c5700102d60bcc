package banger.daemon.userfiles;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.daemon.config.FileSync;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SyncedFilesTest {
    @TempDir
    Path top;

    private Path home;
    private final List<String> warnings = new ArrayList<>();

    @BeforeEach
    void home() throws IOException {
        home = Files.createDirectories(top.resolve("home"));
    }

    private Path file(String name, String text, String mode) throws IOException {
        var file = home.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
    }

    private List<UserFile> find(String host, String guest, int mode) {
        return SyncedFiles.find(home, List.of(new FileSync(2, home.resolve(host), guest, mode)), warnings::add);
    }

    @Test
    void aFileHasTheEntrysMode() throws IOException {
        var netrc = file(".netrc", "secret\n", "rw-r--r--");
        assertThat(find(".netrc", "etc/netrc", 0600))
                .containsExactly(new UserFile.HostFile("etc/netrc", 0600, netrc, 7));
        assertThat(warnings).isEmpty();
    }

    @Test
    void aDirectoryIsTakenWithAllThatIsInItAndItsOwnModes() throws IOException {
        var run = file("tool/bin/run", "x", "rwxr-x---");
        var conf = file("tool/conf", "yy", "rw-------");
        Files.setPosixFilePermissions(home.resolve("tool"), PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.setPosixFilePermissions(home.resolve("tool/bin"), PosixFilePermissions.fromString("rwx------"));
        assertThat(find("tool", "t", 0644))
                .containsExactly(
                        new UserFile.Directory("t", 0755),
                        new UserFile.Directory("t/bin", 0700),
                        new UserFile.HostFile("t/bin/run", 0750, run, 1),
                        new UserFile.HostFile("t/conf", 0600, conf, 2));
    }

    @Test
    void whatIsNotThereIsLeftOutWithAWord() {
        assertThat(find("nothing", "x", 0600)).isEmpty();
        assertThat(warnings)
                .singleElement()
                .asString()
                .startsWith("file_sync[2]: ")
                .endsWith("left out");
    }

    @Test
    void aLinkAtTheTopMayLeadToAnotherPlaceInHome() throws IOException {
        var real = file("dotfiles/netrc", "s", "rw-------");
        Files.createSymbolicLink(home.resolve(".netrc"), real);
        assertThat(find(".netrc", "n", 0600)).containsExactly(new UserFile.HostFile("n", 0600, real, 1));
    }

    @Test
    void nothingOutsideHomeIsTaken() throws IOException {
        Files.writeString(top.resolve("shadow"), "root:x\n");
        Files.createSymbolicLink(home.resolve("out"), top);
        Files.createSymbolicLink(home.resolve("link"), top.resolve("shadow"));
        for (var path : List.of("link", "out/shadow", "out"))
            assertThatThrownBy(() -> find(path, "x", 0600)).isInstanceOfSatisfying(BangerException.class, e -> {
                assertThat(e.code()).isEqualTo(ErrorCode.CONFIG_INVALID);
                assertThat(e.fact()).startsWith("file_sync[2]: ").contains("outside");
            });
    }

    @Test
    void aLinkFurtherDownIsLeftOut() throws IOException {
        file("tool/conf", "y", "rw-------");
        Files.createSymbolicLink(home.resolve("tool/in"), home.resolve("tool/conf"));
        Files.createSymbolicLink(home.resolve("tool/out"), Path.of("/etc/passwd"));
        assertThat(find("tool", "t", 0600)).extracting(UserFile::path).containsExactly("t", "t/conf");
        assertThat(warnings).hasSize(2).allMatch(w -> w.endsWith("is a link; left out"));
    }

    @Test
    void theIdentityOfGitIsWrittenSoThatGitReadsItBack() {
        assertThat(GitIdentity.format("user.name\nSam \"the\\ham\"\0user.email\nold@x\0user.email\nsam@x\0"))
                .contains("[user]\n\tname = \"Sam \\\"the\\\\ham\\\"\"\n\temail = \"sam@x\"\n");
        assertThat(GitIdentity.format("user.name\nbad\nline\0")).isEmpty();
        assertThat(GitIdentity.format("")).isEmpty();
    }
}
