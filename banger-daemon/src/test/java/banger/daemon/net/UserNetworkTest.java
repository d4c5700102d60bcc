package banger.daemon.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.VmName;
import banger.daemon.Owner;
import banger.daemon.engine.ProcessRef;
import banger.daemon.process.Command;
import banger.daemon.process.HostCommandRunner;
import banger.daemon.process.Programs;
import banger.daemon.vm.Subnet;
import banger.daemon.vm.Vm;
import banger.daemon.vm.VmId;
import banger.daemon.vm.VmNetwork;
import banger.daemon.vm.VmState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The real thing: holder, helper and pasta in namespaces of the test's own, and guests whose network
 * stacks are real too. As root, because such a world has to be made.
 */
@Tag("slow")
class UserNetworkTest {
    private static final Path CHECKOUT = Path.of(System.getProperty("banger.checkout", ".."));
    private static final Path HELPER = CHECKOUT.resolve("banger-net/target/classes");
    private static final Path TUN = Path.of("/dev/net/tun");
    private static final Owner ROOT = new Owner(0, "root", Optional.of(64322));
    private static final String SHORT = "700";
    private static final String LONG = "5000";

    @TempDir
    static Path programs;

    @TempDir
    Path temporary;

    private World world;
    private UserNetwork network;

    @BeforeAll
    static void build() throws IOException {
        assumeTrue(Owner.current().uid() == 0, "skipped: a world of namespaces is root's to make");
        for (var p : List.of("ip", "nft", "pasta", "gcc", "make", "nsenter", "unshare"))
            assumeTrue(Programs.find(p).isPresent(), () -> "skipped: no " + p);
        assumeTrue(Prerequisites.missing(TUN).isEmpty(), "skipped: no usable " + TUN);
        assumeTrue(Files.isDirectory(HELPER), "skipped: banger-net is not built");
        var commands = new HostCommandRunner();
        var minute = Duration.ofMinutes(1);
        run(
                commands,
                Command.of("make", "-s", "-C", CHECKOUT + "/native/shim", "OUT=" + programs)
                        .within(minute));
        var source = programs.resolve("guest.c");
        try (var in = UserNetworkTest.class.getResourceAsStream("guest.c")) {
            assertThat(in).isNotNull();
            Files.copy(in, source);
        }
        run(
                commands,
                Command.of("gcc", "-O1", "-o", programs.resolve("guest").toString(), source.toString())
                        .within(minute));
    }

    private static void run(HostCommandRunner commands, Command command) {
        var result = commands.run(command);
        assertThat(result.ok()).as("%s: %s", command.arguments(), result.err()).isTrue();
    }

    @BeforeEach
    void begin() throws Exception {
        world = new World(programs.resolve("guest"));
        network = network("build-1");
    }

    private UserNetwork network(String build) {
        var java = ProcessHandle.current().info().command().orElseThrow();
        var helper = List.of(
                java,
                "-Xmx16m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                HELPER.toString(),
                "-Dbanger.build=" + build,
                "banger.net.Main");
        var place = new UserNetwork.Place(
                temporary.resolve("net"),
                programs.resolve("banger-shim"),
                helper,
                build,
                "br-banger",
                Subnet.parse("172.16.0.1", 24),
                "192.0.2.53",
                TUN);
        return new UserNetwork(place, ROOT, world, world.commands());
    }

    @AfterEach
    void end() {
        if (network == null) return;
        var processes = references();
        network.dismantle();
        world.close();
        assertThat(Waiting.until(
                        Duration.ofSeconds(10), () -> processes.stream().noneMatch(ProcessRef::alive)))
                .as("all processes are gone")
                .isTrue();
    }

    /** Every process of the network. */
    private List<ProcessRef> references() {
        return java.util.stream.Stream.of("holder", "helper/run.ref", "pasta/run.ref")
                .map(temporary.resolve("net")::resolve)
                .filter(Files::exists)
                .flatMap(f -> read(f).stream())
                .map(ProcessRef::parse)
                .toList();
    }

    private static List<String> read(Path file) {
        try {
            return List.of(Files.readString(file).strip().split(" "));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private ProcessRef holder() {
        return ProcessRef.parse(read(temporary.resolve("net/holder")).getFirst());
    }

    private ProcessRef child(String sidecar) {
        return ProcessRef.parse(
                read(temporary.resolve("net/" + sidecar + "/run.ref")).getLast());
    }

    private static Vm vm(int number, boolean nat) {
        return new Vm(
                new VmId(String.format("%012x", number)),
                new VmName("vm-" + number),
                VmState.values()[0],
                "",
                "image",
                "",
                "kernel",
                "",
                1,
                128,
                0,
                0,
                nat,
                "auto",
                "172.16.0." + number,
                String.format("02:ba:ac:10:00:%02x", number),
                number,
                "",
                "",
                false,
                Instant.EPOCH);
    }

    private World.Running guest(Vm vm, VmNetwork.Attachment attachment) throws InterruptedException {
        assertThat(attachment.label()).isEqualTo("user");
        assertThat(attachment.placement().uid()).contains(Owner.NAMESPACE_UID);
        assertThat(attachment.placement().tap()).contains("bgr" + vm.id());
        return world.guest(
                attachment.placement().holder().orElseThrow(),
                attachment.placement().tap().orElseThrow(),
                vm.mac(),
                vm.address(),
                "172.16.0.1");
    }

    private World.Running guest(Vm vm) throws InterruptedException {
        return guest(vm, network.attach(vm));
    }

    @Test
    void withNatAGuestReachesTheWorldAndNothingOfTheHost() throws Exception {
        world.serveOnServer("tcp", World.SERVER, "8000", "hello from outside");
        world.serveOnServer("tcp", World.METADATA, "80", "secrets");
        world.serveOnHost("tcp", "0.0.0.0", "8001", "a service of the host");
        var vm = vm(2, false);
        var guest = guest(vm);

        assertThat(world.ask(guest, "fetch", World.SERVER, "8000", SHORT)).startsWith("no: ");
        network.nat(vm, true);
        assertThat(world.ask(guest, "fetch", World.SERVER, "8000", LONG)).isEqualTo("hello from outside");

        assertThat(world.inHost(programs.resolve("guest").toString(), "fetch", World.HOST, "8001", LONG))
                .isEqualTo("a service of the host");
        for (var address : List.of(World.HOST, World.SECOND_HOST, "127.0.0.1", "172.16.0.1"))
            assertThat(world.ask(guest, "fetch", address, "8001", SHORT))
                    .as("host by %s", address)
                    .startsWith("no: ");
        assertThat(world.ask(guest, "fetch", World.METADATA, "80", SHORT)).isEqualTo("no: No route to host");

        network.nat(vm, false);
        assertThat(world.ask(guest, "fetch", World.SERVER, "8000", SHORT)).startsWith("no: ");
        assertThat(child("pasta").alive())
                .as("pasta ends with the last who needs it")
                .isFalse();
    }

    @Test
    void anAddressThatTheHostGetsLaterIsKeptFromGuestsToo() throws Exception {
        world.serveOnServer("tcp", World.SERVER, "8000", "outside");
        var guest = guest(vm(2, true));
        assertThat(world.ask(guest, "fetch", World.SERVER, "8000", LONG)).isEqualTo("outside");
        world.hostHas(Set.of(World.HOST, World.SECOND_HOST, World.SERVER));
        assertThat(network.tend()).isTrue();
        assertThat(world.ask(guest, "fetch", World.SERVER, "8000", LONG)).isEqualTo("no: No route to host");
    }

    @Test
    void guestsDoNotSeeEachOther() throws Exception {
        var one = guest(vm(2, false));
        var two = guest(vm(3, false));
        world.serveInGuest(two, "tcp", "172.16.0.3", "80", "two");
        assertThat(world.ask(two, "fetch", "172.16.0.3", "80", LONG)).isEqualTo("two");
        assertThat(world.ask(one, "fetch", "172.16.0.3", "80", SHORT)).startsWith("no: ");
        // Not by way of the gateway either.
        world.changeInGuest(one, "ip", "route", "add", "172.16.0.3/32", "via", "172.16.0.1");
        assertThat(world.ask(one, "fetch", "172.16.0.3", "80", SHORT)).startsWith("no: ");
        // Nor with the neighbour's MAC known.
        world.changeInGuest(one, "ip", "route", "del", "172.16.0.3/32");
        world.changeInGuest(one, "ip", "neigh", "replace", "172.16.0.3", "lladdr", "02:ba:ac:10:00:03", "dev", "eth0");
        assertThat(world.ask(one, "fetch", "172.16.0.3", "80", SHORT)).startsWith("no: ");
    }

    @Test
    void aGuestCannotSpeakAsAnother() throws Exception {
        var seen = world.serveOnServer("udp", World.SERVER, "9000");
        var one = guest(vm(2, true));
        guest(vm(3, true));
        assertThat(world.ask(one, "echo", World.SERVER, "9000", "honest", LONG)).isEqualTo("honest");
        seen.await("got honest");
        var gateway = world.changeInGuest(one, "ip", "-o", "neigh", "show", "172.16.0.1")
                .replaceFirst(".*lladdr ([0-9a-f:]+).*", "$1");

        // Another's address, with the gateway's MAC known so that no ARP is needed.
        world.changeInGuest(one, "ip", "addr", "flush", "dev", "eth0");
        world.changeInGuest(one, "ip", "addr", "add", "172.16.0.3/24", "dev", "eth0");
        world.changeInGuest(one, "ip", "route", "add", "default", "via", "172.16.0.1");
        world.changeInGuest(
                one, "ip", "neigh", "replace", "172.16.0.1", "lladdr", gateway, "dev", "eth0", "nud", "permanent");
        assertThat(world.ask(one, "echo", World.SERVER, "9000", "as-another", SHORT))
                .isEqualTo("no: silence");
        // ARP in another's name: the gateway's memory stays as it was.
        world.changeInGuest(one, "ip", "neigh", "flush", "all", "nud", "permanent");
        assertThat(world.ask(one, "echo", World.SERVER, "9000", "after-arp", SHORT))
                .startsWith("no: ");
        assertThat(world.inNamespace(holder(), "ip", "neigh"))
                .doesNotContain("172.16.0.3 dev br-banger lladdr 02:ba:ac:10:00:02");

        // Its own address from another MAC.
        world.changeInGuest(one, "ip", "addr", "flush", "dev", "eth0");
        world.changeInGuest(one, "ip", "link", "set", "eth0", "address", "02:ba:ac:10:00:77");
        world.changeInGuest(one, "ip", "addr", "add", "172.16.0.2/24", "dev", "eth0");
        world.changeInGuest(one, "ip", "route", "add", "default", "via", "172.16.0.1");
        world.changeInGuest(
                one, "ip", "neigh", "replace", "172.16.0.1", "lladdr", gateway, "dev", "eth0", "nud", "permanent");
        assertThat(world.ask(one, "echo", World.SERVER, "9000", "other-mac", SHORT))
                .isEqualTo("no: silence");

        // And honest again: it was the lie that was dropped, not the guest.
        world.changeInGuest(one, "ip", "link", "set", "eth0", "address", "02:ba:ac:10:00:02");
        assertThat(world.ask(one, "echo", World.SERVER, "9000", "honest-again", LONG))
                .isEqualTo("honest-again");
        seen.await("got honest-again");
    }

    @Test
    void namesAreAskedThroughTheHostsResolver() throws Exception {
        var resolver = Files.readAllLines(Path.of("/etc/resolv.conf")).stream()
                .filter(l -> l.matches("nameserver [0-9.]+") && !l.startsWith("nameserver 127."))
                .map(l -> l.split(" ")[1])
                .findFirst();
        assumeTrue(resolver.isPresent(), "skipped: this host's resolver has no address that a test can take on");
        world.inServer("ip", "addr", "add", resolver.get() + "/32", "dev", "lo");
        world.serveOnServer("udp", resolver.get(), "53");
        var guest = guest(vm(2, true));
        assertThat(world.ask(guest, "echo", "192.0.2.53", "53", "a-question-of-12-bytes", LONG))
                .isEqualTo("a-question-of-12-bytes");
    }

    @Test
    void detachingLeavesNothing() throws Exception {
        var vm = vm(2, true);
        guest(vm);
        var before = world.inNamespace(holder(), "nft", "list", "ruleset");
        assertThat(before).contains("bgr000000000002").contains("172.16.0.2");
        network.detach(vm);
        network.detach(vm);
        assertThat(world.inNamespace(holder(), "nft", "list", "ruleset"))
                .doesNotContain("bgr")
                .doesNotContain("172.16.0.2");
        assertThat(world.inNamespace(holder(), "ip", "-o", "link")).doesNotContain("bgr");
        assertThat(child("pasta").alive()).isFalse();
    }

    @Test
    void whatDiesIsStartedAgain() throws Exception {
        world.serveOnServer("tcp", World.SERVER, "8000", "outside");
        var vm = vm(2, true);
        var guest = guest(vm);
        assertThat(world.ask(guest, "fetch", World.SERVER, "8000", LONG)).isEqualTo("outside");

        var helper = child("helper");
        helper.kill();
        assertThat(Waiting.until(Duration.ofSeconds(5), () -> !helper.alive())).isTrue();
        assertThat(world.ask(guest, "fetch", World.SERVER, "8000", LONG))
                .as("nothing depends on the helper")
                .isEqualTo("outside");
        guest(vm(3, false));
        assertThat(child("helper")).isNotEqualTo(helper);

        var pasta = child("pasta");
        pasta.kill();
        assertThat(Waiting.until(Duration.ofSeconds(5), () -> !pasta.alive())).isTrue();
        assertThat(network.tend()).isTrue();
        assertThat(child("pasta")).isNotEqualTo(pasta);
        assertThat(Waiting.until(
                        Duration.ofSeconds(10),
                        () -> world.ask(guest, "fetch", World.SERVER, "8000", SHORT)
                                .equals("outside")))
                .isTrue();
    }

    @Test
    void whoIsCancelledDisturbsNobody() throws Exception {
        guest(vm(2, false));
        var before = references();
        Thread.currentThread().interrupt();
        assertThatExceptionOfType(BangerException.class)
                .isThrownBy(() -> network.attach(vm(3, false)))
                .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.CANCELLED));
        assertThat(Thread.interrupted()).isTrue();
        network.detach(vm(3, false));
        guest(vm(4, false));
        assertThat(references()).isEqualTo(before);
    }

    @Test
    void theNextDaemonFindsWhatThereIs() throws Exception {
        world.serveOnServer("tcp", World.SERVER, "8000", "outside");
        var guest = guest(vm(2, true));
        var before = references();
        network.close();

        network = network("build-1");
        network.start();
        guest(vm(3, true));
        assertThat(references()).isEqualTo(before);
        assertThat(world.ask(guest, "fetch", World.SERVER, "8000", LONG)).isEqualTo("outside");

        // A newer build brings its own helper, and nothing else changes.
        network.close();
        network = network("build-2");
        guest(vm(4, false));
        assertThat(references().getFirst()).isEqualTo(before.getFirst());
        assertThat(child("helper")).isNotIn(before);
        assertThat(child("pasta")).isIn(before);
        assertThat(world.ask(guest, "fetch", World.SERVER, "8000", LONG)).isEqualTo("outside");
    }

    @Test
    void aLostHolderIsReplacedWithAllThatHangsOnIt() throws Exception {
        guest(vm(2, true));
        var before = references();
        holder().kill();
        assertThat(Waiting.until(Duration.ofSeconds(10), () -> before.stream().noneMatch(ProcessRef::alive)))
                .as("helper and pasta end with the holder")
                .isTrue();
        guest(vm(3, true));
        assertThat(references()).doesNotContainAnyElementsOf(before);
    }

    @Test
    void withoutADefaultRouteOnlyNatIsRefused() throws Exception {
        world.loseDefaultRoute();
        guest(vm(2, false));
        assertThatExceptionOfType(BangerException.class)
                .isThrownBy(() -> network.attach(vm(3, true)))
                .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.NETWORK_UNAVAILABLE))
                .withMessageContaining("no default IPv4 route");
        assertThat(world.inNamespace(holder(), "ip", "-o", "link"))
                .as("the tap of the refused one is gone")
                .doesNotContain("bgr000000000003");
    }

    @Test
    void pastasOwnWordsAreTold() throws Exception {
        world.inHost("ip", "route", "del", "default");
        assertThatExceptionOfType(BangerException.class)
                .isThrownBy(() -> network.attach(vm(2, true)))
                .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.NETWORK_FAILED))
                .withMessageContaining("pasta did not start: ");
    }
}
