package banger.cli.environment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.workspace.RepoPath;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EnvironmentFileTest {
    private static EnvironmentFile read(String toml) {
        return EnvironmentFile.of("~/src/shop/.banger.toml", toml.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void everythingThatItMaySay() {
        var file = read("""
                [environment]
                setup = ["npm ci", "make deps"]
                keys = ["package-lock.json", "sub/dir/lock"]
                secrets = ["NPM_TOKEN"]
                image = "debian-minimal"
                vcpu = 2
                memory = "2G"
                nat = true
                """);
        assertThat(file.setup()).containsExactly("npm ci", "make deps");
        assertThat(file.keys()).containsExactly(RepoPath.of("package-lock.json"), RepoPath.of("sub/dir/lock"));
        assertThat(file.secrets()).containsExactly("NPM_TOKEN");
        assertThat(file.image()).contains("debian-minimal");
        assertThat(file.vcpu()).contains(2);
        assertThat(file.memoryMib()).contains(2048);
        assertThat(file.nat()).isTrue();
        assertThat(file.asks())
                .containsExactly(
                        "setup   npm ci",
                        "setup   make deps",
                        "key     package-lock.json",
                        "key     sub/dir/lock",
                        "secret  NPM_TOKEN: setup gets it, and it may stay in what is saved",
                        "image   debian-minimal",
                        "vcpu    2",
                        "memory  2048 MiB",
                        "nat     its VMs reach the network outside");
    }

    @Test
    void allOfItMayBeLeftOut() {
        var file = read("[environment]\n");
        assertThat(file.setup()).isEmpty();
        assertThat(file.keys()).isEmpty();
        assertThat(file.image()).isEqualTo(Optional.empty());
        assertThat(file.nat()).isFalse();
        assertThat(file.asks()).containsExactly("nothing");
    }

    @Test
    void whatIsShownCannotPlayWithATerminal() {
        assertThat(read("[environment]\nsetup = [\"true # \\u001b[2K\\r\\nls\"]\n")
                        .asks())
                .containsExactly("setup   true # \\x1b[2K\\x0d\\x0als");
    }

    @Test
    void itsDigestIsTheFilesOwn() {
        assertThat(read("[environment]\n").digest())
                .isEqualTo(EnvironmentFile.sha256("[environment]\n".getBytes(StandardCharsets.UTF_8)))
                .isNotEqualTo(read("[environment]\n#\n").digest());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''                                     | 1:1: has no table [environment]",
                "x = 1                                  | 1:1: x: no such key",
                "[environment]~[other]                  | 2:1: other: no such key",
                "environment = 1                        | 1:1: environment: must be a table",
                "[environment]~  stup = []              | 2:3: stup: no such key",
                "[environment]~setup = 'ls'             | 2:1: setup: must be a list of texts in quotes",
                "[environment]~setup = ['a', 1]         | 2:15: setup: must be text in quotes",
                "[environment]~setup = [' ']            | 2:10: setup: \" \": no command",
                "[environment]~setup = [\"a\\u0000\"]   | 2:10: setup: \"a\\x00\": a command cannot hold a NUL",
                "[environment]~keys = ['../x']          | 2:9: keys: ../x: must be a file's name from the top of the repository",
                "[environment]~keys = ['/etc/passwd']   | 2:9: keys: /etc/passwd: must be a file's name from the top of the repository",
                "[environment]~keys = ['.git/config']   | 2:9: keys: .git/config: must be a file's name from the top of the repository",
                "[environment]~secrets = ['A=b']       | 2:12: secrets: A=b: must be the name of a variable",
                "[environment]~image = ''               | 2:1: image: must be an image's name",
                "[environment]~vcpu = 0                 | 2:1: vcpu: must be a whole number from 1 to 256",
                "[environment]~vcpu = 4294967297        | 2:1: vcpu: must be a whole number from 1 to 256",
                "[environment]~vcpu = '2'               | 2:1: vcpu: must be a whole number",
                "[environment]~memory = 2048            | 2:1: memory: must be a size such as \"2G\"",
                "[environment]~memory = 'lots'          | 2:1: memory: must be a size such as \"2G\"",
                "[environment]~memory = '999999999T'    | 2:1: memory: must be a size such as \"2G\"",
                "[environment]~nat = 'yes'              | 2:1: nat: must be true or false"
            })
    void whatIsWrongIsRefusedWhereItStands(String toml, String said) {
        assertThatThrownBy(() -> read(toml.replace('~', '\n')))
                .isInstanceOfSatisfying(
                        BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFIG_INVALID))
                .hasMessage("~/src/shop/.banger.toml:" + said);
    }

    @Test
    void whatIsNoTomlOrNoText() {
        assertThatThrownBy(() -> read("[environment\n")).hasMessageStartingWith("~/src/shop/.banger.toml:1:");
        assertThatThrownBy(() -> EnvironmentFile.of("f", new byte[] {'#', (byte) 0xff}))
                .hasMessage("f: not text in UTF-8");
    }
}
