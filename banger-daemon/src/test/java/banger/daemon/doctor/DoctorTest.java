package banger.daemon.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import banger.api.Layout;
import banger.api.model.Check;
import banger.daemon.Owner;
import banger.daemon.config.Settings;
import banger.daemon.config.SettingsFile;
import banger.daemon.debian.DebianMirror;
import banger.daemon.engine.Confinement;
import banger.daemon.engine.HostEngines;
import banger.daemon.engine.KvmProbe;
import banger.daemon.engine.MemoryBound;
import banger.daemon.engine.SealedMemory;
import banger.daemon.engine.Shim;
import banger.daemon.engine.firecracker.FirecrackerProgram;
import banger.daemon.engine.firecracker.FirecrackerPull;
import banger.daemon.image.Catalog;
import banger.daemon.image.Images;
import banger.daemon.kernel.Kernels;
import banger.daemon.net.KernelHostLinks;
import banger.daemon.net.UserNetwork;
import banger.daemon.process.Command;
import banger.daemon.process.CommandRunner;
import banger.daemon.process.Result;
import banger.daemon.publish.Download;
import banger.daemon.store.Database;
import banger.daemon.vm.Subnet;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DoctorTest {
    @TempDir
    Path home;

    private Layout layout;
    private Database database;
    private String kvm = "failed permission: Permission denied";
    private String qemu = "QEMU emulator version 7.2.22";

    private final CommandRunner commands = new CommandRunner() {
        @Override
        public Result run(Command command, Consumer<String> lines) {
            var says = command.program().equals("/shim") ? kvm : qemu;
            return new Result(
                    says.startsWith("failed") ? 1 : 0, (says + "\n").getBytes(StandardCharsets.UTF_8), new byte[0]);
        }
    };

    @BeforeEach
    void open() throws IOException {
        layout = Layout.of(Map.of("BANGER_HOME", home.toString()), home);
        Files.createDirectories(layout.run());
        database = Database.open(layout.database());
    }

    @AfterEach
    void close() {
        database.close();
    }

    private List<Check> examine(Settings settings) {
        var shim = Path.of("/shim");
        var mirror = DebianMirror.of("http://mirror.invalid/debian");
        var engines = new HostEngines(
                commands,
                new Shim(shim, commands, () -> Confinement.Answer.NOT_WANTED, MemoryBound.none()),
                new KvmProbe(shim, commands, layout.run().resolve("kvm-probe")),
                Optional.of(Path.of("/opt/qemu")),
                new FirecrackerProgram(commands, Optional.empty(), layout.engines()),
                new FirecrackerPull(
                        layout.engines(),
                        URI.create("http://127.0.0.1:1/"),
                        new Download(Duration.ofSeconds(1), Duration.ofSeconds(1), HttpClient.Redirect.NEVER)),
                new SealedMemory());
        var place = new UserNetwork.Place(
                layout.net(),
                shim,
                List.of("/net"),
                "b1",
                "br-banger",
                Subnet.parse("172.16.0.1", 24),
                "192.0.2.53",
                home.resolve("no-tun"));
        var network = new UserNetwork(place, Owner.current(), new KernelHostLinks(), commands);
        var images = new Images(
                layout.images(), layout.cache(), home, database, commands, mirror, Catalog.builtin(), d -> List.of());
        var kernels =
                new Kernels(layout.kernels(), home, Path.of("/guest"), database, commands, mirror, d -> List.of());
        return new Doctor(
                        layout,
                        settings,
                        engines,
                        new Confinement(shim, commands, Optional.empty()),
                        new HostFacts(home, "ann"),
                        network,
                        images,
                        kernels)
                .examine(Doctor.Depth.DEEP)
                .checks();
    }

    private static Check of(List<Check> checks, String area) {
        return checks.stream().filter(c -> c.area().equals(area)).findFirst().orElseThrow();
    }

    @Test
    void everyAreaIsLookedAtAndNothingThatIsMissingIsAFailure() {
        var checks = examine(Settings.DEFAULT);
        assertThat(checks)
                .extracting(Check::area)
                .contains(
                        "engine",
                        "kvm",
                        "cpu",
                        "linux",
                        "swap",
                        "ksm",
                        "firecracker",
                        "jailer",
                        "confinement",
                        "host",
                        "network",
                        "kernel",
                        "image",
                        "space",
                        "defaults");
        assertThat(checks).extracting(Check::status).isSubsetOf("ok", "info", "warn", "fail");
        assertThat(of(checks, "kernel"))
                .isEqualTo(new Check(
                        "kernel",
                        "info",
                        "debian-cloud is not here yet; the first VM fetches it",
                        List.of("banger kernel pull debian-cloud")));
        assertThat(of(checks, "image").status()).isEqualTo("info");
        assertThat(of(checks, "space").text()).contains("free below " + layout.state());
        assertThat(of(checks, "defaults").text()).contains("built in; " + layout.config() + " is not there");
    }

    @Test
    void emulationIsAWarning() {
        var check = of(examine(Settings.DEFAULT), "engine");
        assertThat(check)
                .isEqualTo(new Check(
                        "engine",
                        "warn",
                        "qemu 7.2.22 emulating (/dev/kvm: permission denied): slow, and no isolation boundary",
                        List.of()));
        kvm = "ok 3";
        assertThat(of(examine(Settings.DEFAULT), "engine"))
                .isEqualTo(new Check("engine", "ok", "qemu 7.2.22 with kvm, which runs a vCPU", List.of()));
    }

    @Test
    void anEngineThatCannotBeUsedIsAFailure() {
        qemu = "";
        var check = of(examine(Settings.DEFAULT), "engine");
        assertThat(check.status()).isEqualTo("fail");
        assertThat(check.remedies()).isNotEmpty();
        // What every VM would be refused for is not all right here.
        qemu = "QEMU emulator version 6.2.0";
        assertThat(of(examine(Settings.DEFAULT), "engine").status()).isEqualTo("fail");
    }

    @Test
    void noNetworkIsAWarningWithItsReason() {
        var check = of(examine(Settings.DEFAULT), "network");
        assertThat(check.status()).isEqualTo("warn");
        assertThat(check.text()).startsWith("off: ");
        assertThat(check.remedies()).isNotEmpty();
    }

    @Test
    void aDefaultImageThatDoesNotExistIsAFailure() throws IOException {
        Files.createDirectories(layout.config().getParent());
        Files.writeString(layout.config(), "default_image_name = \"nonsense\"\n");
        var checks = examine(SettingsFile.read(layout.config(), home));
        assertThat(of(checks, "image"))
                .isEqualTo(new Check(
                        "image",
                        "fail",
                        "default_image_name nonsense: there is no such image",
                        List.of("banger image list")));
        assertThat(of(checks, "defaults").text()).contains("(" + layout.config() + ")");
    }

    @Test
    void aSpaceThatCannotBeMeasuredIsToldAndNotPassedOver() throws IOException {
        layout = new Layout(home.resolve("gone"), layout.cache(), layout.run(), layout.config());
        var check = of(examine(Settings.DEFAULT), "space");
        assertThat(check.status()).isEqualTo("warn");
        assertThat(check.text()).startsWith("cannot be determined: ");
    }
}
