package banger.daemon.vm;

import static org.assertj.core.api.Assertions.assertThat;

import banger.api.Size;
import banger.daemon.archive.CpioReader;
import banger.daemon.userfiles.UserFile;
import banger.daemon.userfiles.UserFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GuestConfigurationTest {
    private static final Vm VM = VmDisksTest.vm("0123456789ab", Size.GIB, Size.GIB);

    private static Map<String, CpioReader.Member> archive(Optional<Subnet> network) {
        return archive(network, List.of());
    }

    private static Map<String, CpioReader.Member> archive(Optional<Subnet> network, List<UserFile> files) {
        return CpioReader.read(GuestConfiguration.of(
                VM, network, "192.0.2.53", Optional.of("ssh-ed25519 AAAA me"), "PRIVATE\n", new GuestFiles(files)));
    }

    private static Map<String, String> conf(Map<String, CpioReader.Member> archive) {
        var values = new LinkedHashMap<String, String>();
        archive.get("banger.conf").text().lines().forEach(l -> values.put(l.split("=", 2)[0], l.split("=", 2)[1]));
        return values;
    }

    @Test
    void membersComeInTheOrderOfTheProtocolWithTheirModes() {
        var archive = archive(Optional.empty());
        var names = List.copyOf(archive.keySet());
        assertThat(names).first().isEqualTo("banger.conf");
        var order = List.of("banger.conf", "put/", "absent/", "merge/");
        assertThat(names.stream()
                        .map(n -> order.stream()
                                .filter(n::startsWith)
                                .findFirst()
                                .map(order::indexOf)
                                .orElse(-1)))
                .isSorted()
                .doesNotContain(-1);
        assertThat(archive.get("banger.conf").mode()).isEqualTo(0100600);
        assertThat(archive.get("put/run/banger").mode()).isEqualTo(040700);
        assertThat(archive.get("put/run/banger/ssh_host_ed25519_key").mode()).isEqualTo(0100600);
        assertThat(archive.get("put/root/.ssh").mode()).isEqualTo(040700);
        assertThat(archive.get("merge/root/.ssh/authorized_keys").mode()).isEqualTo(0100600);
        assertThat(archive.get("absent/root/.hushlogin").mode()).isEqualTo(0100644);
        assertThat(archive.values()).allMatch(m -> m.uid() == 0 && m.gid() == 0);
        // A directory comes before what is in it.
        for (var name : names) {
            var parent = name.substring(0, Math.max(0, name.lastIndexOf('/')));
            if (names.contains(parent)) assertThat(names.indexOf(parent)).isLessThan(names.indexOf(name));
        }
    }

    @Test
    void aMachineForOthersHasNothingOfTheUsers() {
        var archive = CpioReader.read(GuestConfiguration.of(
                VM, Optional.empty(), "192.0.2.53", Optional.empty(), "PRIVATE\n", new GuestFiles(List.of())));
        assertThat(conf(archive)).containsEntry("saved", "1");
        assertThat(archive.keySet()).noneMatch(n -> n.contains("authorized_keys"));
        assertThat(conf(archive(Optional.empty()))).doesNotContainKey("saved");
    }

    @Test
    void keysAreWhereTheyBelong() {
        var archive = archive(Optional.empty());
        assertThat(archive.get("put/run/banger/ssh_host_ed25519_key").text()).isEqualTo("PRIVATE\n");
        assertThat(archive.get("merge/root/.ssh/authorized_keys").text()).isEqualTo("ssh-ed25519 AAAA me\n");
        assertThat(archive.get("put/run/banger/sshd_config").text())
                .contains("PasswordAuthentication no\n", "PermitRootLogin prohibit-password\n")
                .doesNotContain("StrictModes");
    }

    @Test
    void theConfigurationHasTheVmsValues() {
        var conf = conf(archive(Optional.of(Subnet.parse("172.16.0.1", 24))));
        assertThat(conf)
                .containsOnlyKeys(
                        "id",
                        "machine-id",
                        "hostname",
                        "mac",
                        "overlay",
                        "work",
                        "address",
                        "gateway",
                        "resolver",
                        "time",
                        "seed")
                .containsEntry("overlay", Long.toString(VM.overlayBytes()))
                .containsEntry("work", Long.toString(VM.diskBytes()))
                .containsEntry("id", "0123456789ab")
                .containsEntry("machine-id", "0123456789abcdef0123456789abcdef")
                .containsEntry("hostname", "box")
                .containsEntry("mac", "02:ba:ac:10:00:02")
                .containsEntry("address", "172.16.0.2/24")
                .containsEntry("gateway", "172.16.0.1")
                .containsEntry("resolver", "192.0.2.53");
        assertThat(conf.get("seed")).matches("[0-9a-f]{64}");
        long nanos = Long.parseLong(conf.get("time"));
        var told = Instant.ofEpochSecond(nanos / 1_000_000_000, nanos % 1_000_000_000);
        assertThat(Duration.between(told, Instant.now())).isBetween(Duration.ZERO, Duration.ofMinutes(1));
    }

    @Test
    void withoutANetworkThereIsNoAddress() {
        assertThat(conf(archive(Optional.empty())))
                .doesNotContainKeys("address", "gateway", "resolver")
                .containsKey("mac");
    }

    @Test
    void whatIsTheUsersGoesAlong(@TempDir Path dir) throws IOException {
        var netrc = Files.writeString(dir.resolve("netrc"), "machine x\n");
        var big = Files.write(dir.resolve("big"), new byte[(int) (7 * Size.MIB)]);
        var archive = archive(
                Optional.empty(),
                List.of(
                        new UserFile.Directory("tool", 0750),
                        new UserFile.HostFile("tool/big", 0600, big, 7 * Size.MIB),
                        new UserFile.HostFile(".netrc", 0640, netrc, 10),
                        new UserFile.Text(UserFiles.GIT_IDENTITY, 0644, "[user]\n")));
        assertThat(archive.get("put/root/tool").mode()).isEqualTo(040750);
        assertThat(archive.get("put/root/.netrc").text()).isEqualTo("machine x\n");
        assertThat(archive.get("put/root/.netrc").mode()).isEqualTo(0100640);
        assertThat(archive.get("put/root/.config/git/banger-identity").text()).isEqualTo("[user]\n");
        assertThat(archive.get("merge/root/.gitconfig").text())
                .isEqualTo("[include] path = ~/.config/git/banger-identity\n");
        // It follows by itself: a configuration is bounded.
        assertThat(archive).doesNotContainKey("put/root/tool/big");
    }

    @Test
    void everySeedIsAnother() {
        assertThat(conf(archive(Optional.empty())).get("seed"))
                .isNotEqualTo(conf(archive(Optional.empty())).get("seed"));
    }
}
