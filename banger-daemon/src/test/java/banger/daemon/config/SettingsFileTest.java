package banger.daemon.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Size;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsFileTest {
    private static final Path HOME = Path.of("/home/sam");

    @TempDir
    Path dir;

    private Settings read(String toml) throws IOException {
        return SettingsFile.read(Files.writeString(dir.resolve("config.toml"), toml), HOME);
    }

    @Test
    void withoutAFileItIsTheDefaults() throws IOException {
        assertThat(SettingsFile.read(dir.resolve("nothing"), HOME)).isEqualTo(Settings.DEFAULT);
        assertThat(read("")).isEqualTo(Settings.DEFAULT);
        assertThat(read("# only a comment\n[vm_defaults]\n")).isEqualTo(Settings.DEFAULT);
    }

    @Test
    void everyKeyIsRead() throws IOException {
        assertThat(read("""
                default_image_name = "mine"
                default_kernel_name = "own"
                engine = "qemu"
                ssh_key_path = "~/.ssh/id"
                qemu_bin = "/opt/qemu"
                firecracker_bin = "/opt/firecracker"
                firecracker_mirror = "http://mirror.example/fc"
                bridge_name = "br-banger-x1"
                bridge_ip = "10.1.0.1"
                cidr = 16
                default_dns = "9.9.9.9"
                debian_mirror = "https://mirror.example/debian"
                log_level = "debug"
                start_timeout_seconds = 5
                stop_timeout_seconds = 7
                templates = "manual"
                template_budget = "3G"
                environment_budget = "4G"
                checkpoint_budget = "5G"
                [vm]
                checkpoint = "exec"
                [vm_defaults]
                vcpu = 3
                memory_mib = 512
                disk_size = "16G"
                system_overlay_size = "2048"
                [[file_sync]]
                host = "~/.netrc"
                guest = "~/.netrc"
                [[file_sync]]
                host = "/home/sam/etc/tool"
                guest = "/root/tool/etc"
                mode = "0644"
                """))
                .isEqualTo(new Settings(
                        "mine",
                        "own",
                        "qemu",
                        Optional.of(Path.of("/home/sam/.ssh/id")),
                        Optional.of(Path.of("/opt/qemu")),
                        Optional.of(Path.of("/opt/firecracker")),
                        "http://mirror.example/fc/",
                        "br-banger-x1",
                        "10.1.0.1",
                        16,
                        "9.9.9.9",
                        "https://mirror.example/debian",
                        "debug",
                        Duration.ofSeconds(5),
                        Duration.ofSeconds(7),
                        Optional.of(3),
                        Optional.of(512),
                        Optional.of(16 * Size.GIB),
                        Optional.of(2 * Size.GIB),
                        List.of(
                                new FileSync(0, Path.of("/home/sam/.netrc"), ".netrc", 0600),
                                new FileSync(1, Path.of("/home/sam/etc/tool"), "tool/etc", 0644)),
                        "manual",
                        3 * Size.GIB,
                        4 * Size.GIB,
                        5 * Size.GIB,
                        true));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "engin = \"qemu\" | 1:1: engin: no such key",
                "engine = 7 | 1:1: engine: must be text in quotes",
                "engine = \"vmware\" | 1:1: engine: must be one of auto, qemu, firecracker",
                "engine = \"\" | 1:1: engine: must be one of auto, qemu, firecracker",
                "engine.x = 1 | engine: must be text in quotes",
                "ssh_key_path = \"id\" | 1:1: ssh_key_path: must be an absolute path, or one that begins with ~/",
                "ssh_key_path = \"~sam/id\" | 1:1: ssh_key_path: must be an absolute path",
                "bridge_name = \"eth0\" | 1:1: bridge_name: must be br-banger or br-banger-NAME",
                "bridge_ip = \"10.0.0\" | 1:1: bridge_ip: must be an IPv4 address",
                "bridge_ip = \"999.1.1.1\" | 1:1: bridge_ip: must be an IPv4 address",
                "bridge_ip = \"10.0.0.256\" | 1:1: bridge_ip: must be an IPv4 address",
                "bridge_ip = \"10.0.0.0\" | 1:1: bridge_ip: must not be the first or last address of its /24 network",
                "bridge_ip = \"10.0.0.255\" | 1:1: bridge_ip: must not be the first or last address of its /24 network",
                "default_dns = \"256.1.1.1\" | 1:1: default_dns: must be an IPv4 address",
                "default_dns = \"dns\" | 1:1: default_dns: must be an IPv4 address",
                "cidr = 31 | 1:1: cidr: must be a whole number from 8 to 30",
                "cidr = \"24\" | 1:1: cidr: must be a whole number from 8 to 30",
                "cidr = 24.0 | 1:1: cidr: must be a whole number from 8 to 30",
                "debian_mirror = \"ftp://x\" | 1:1: debian_mirror: must be an http or https address",
                "log_level = \"loud\" | 1:1: log_level: must be one of debug, info, warn, error",
                "start_timeout_seconds = 0 | 1:1: start_timeout_seconds: must be a whole number from 1 to 3600",
                "vm_defaults.vcpu = 0 | vm_defaults.vcpu: must be a whole number from 1 to 256",
                "vm_defaults.disk_size = \"8GB\" | vm_defaults.disk_size: must be a size such as \"8G\"",
                "vm_defaults.disk_size = \"0\" | vm_defaults.disk_size: must be a size such as \"8G\"",
                "vm_defaults.disk_size = 8 | vm_defaults.disk_size: must be text in quotes",
                "vm_defaults.ram = 8 | vm_defaults.ram: no such key",
                "vm_defaults = 3 | 1:1: vm_defaults: must be a table",
                "[[vm_defaults]] | vm_defaults: must be a table",
                "file_sync = 1 | 1:1: file_sync: must be a list of tables: [[file_sync]]",
                "file_sync = [1] | file_sync[0]: must be a table",
                "file_sync = [{guest = \"~/x\"}] | file_sync[0].host: is missing",
                "file_sync = [{host = \"~/x\"}] | file_sync[0].guest: is missing",
                "file_sync = [{host = \"\", guest = \"~/x\"}] | file_sync[0].host: must be text in quotes",
                "file_sync = [{host = \"x\", guest = \"~/x\"}] | file_sync[0].host: must begin with ~/ or with /",
                "file_sync = [{host = \"~tom/x\", guest = \"~/x\"}] | file_sync[0].host: must begin with ~/ or with /",
                "file_sync = [{host = \"~/../x\", guest = \"~/x\"}] | file_sync[0].host: must name a file or directory",
                "file_sync = [{host = \"/etc/x\", guest = \"~/x\"}] | file_sync[0].host: must lie inside /home/sam",
                "file_sync = [{host = \"~/x\", guest = \"~/\"}] | file_sync[0].guest: must name a file or directory",
                "file_sync = [{host = \"~/x\", guest = \"/etc/x\"}] | file_sync[0].guest: must begin with ~/ or /root/",
                "file_sync = [{host = \"~/x\", guest = \"~/a/../../x\"}] | file_sync[0].guest: must name a file",
                "file_sync = [{host = \"~/x\", guest = \"~/x\", mode = \"rw\"}] | file_sync[0].mode: must be permissions",
                "file_sync = [{host = \"~/x\", guest = \"~/x\", mode = \"4755\"}] | file_sync[0].mode: must be permissions",
                "file_sync = [{host = \"~/x\", guest = \"~/x\", mod = \"1\"}] | file_sync[0].mod: no such key",
                "[other] | 1:1: other: no such key",
                "= | 1:1: ",
                "a = 1 a | 1:7: ",
                "engine = \"qemu | 1:"
            })
    void whatIsWrongIsToldWhereItStands(String toml, String complaint) {
        assertThatThrownBy(() -> read(toml)).isInstanceOfSatisfying(BangerException.class, e -> {
            assertThat(e.code()).isEqualTo(ErrorCode.CONFIG_INVALID);
            assertThat(e.fact())
                    .startsWith("config " + dir.resolve("config.toml") + ":")
                    .contains(complaint);
            assertThat(e.fact()).matches("(?s).*:[0-9]+:[0-9]+: .*").doesNotContain("\n");
        });
    }

    @Test
    void thePlaceIsTheLineAndColumnOfTheKey() {
        for (var toml : new String[] {"\n\n  [vm_defaults]\n  vcpu = 1\n  memory_mib = \"x\"\n"})
            assertThatThrownBy(() -> read(toml)).hasMessageContaining("config.toml:5:3: vm_defaults.memory_mib: ");
    }

    @Test
    void anUnknownKeyListsTheKnownOnes() {
        assertThatThrownBy(() -> read("x = 1"))
                .isInstanceOfSatisfying(
                        BangerException.class,
                        e -> assertThat(e.remedies().getFirst())
                                .startsWith("known: bridge_ip, ")
                                .contains("vm_defaults.vcpu"));
    }

    @Test
    void textOfTheFileIsNotObeyed() {
        assertThatThrownBy(() -> read("\"a\\u001b[2J\" = 1"))
                .isInstanceOfSatisfying(
                        BangerException.class, e -> assertThat(e.fact()).doesNotContain("\033"));
    }

    @Test
    void whatCannotBeReadIsTold() throws IOException {
        Files.createDirectory(dir.resolve("config.toml"));
        assertThatThrownBy(() -> SettingsFile.read(dir.resolve("config.toml"), HOME))
                .isInstanceOfSatisfying(
                        BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFIG_INVALID));
        var binary = dir.resolve("binary");
        Files.write(binary, new byte[] {(byte) 0xff, 0, (byte) 0xfe});
        assertThatThrownBy(() -> SettingsFile.read(binary, HOME)).isInstanceOf(BangerException.class);
    }
}
