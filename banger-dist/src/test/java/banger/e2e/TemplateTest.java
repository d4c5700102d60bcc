package banger.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** New VMs that continue from a template: each is itself, and a template that cannot be had is no obstacle. */
@Tag("vm")
class TemplateTest {
    @RegisterExtension
    static final TestHome HOME = TestHome.prepared();

    private static final int CLONES = 8;
    private static final int AT_ONCE = 4;

    /** All that must differ, a line each: NAME VALUE. */
    private static final String FACTS = """
            echo machine-id $(cat /etc/machine-id)
            echo boot-id $(cat /proc/sys/kernel/random/boot_id)
            echo hostname $(hostname)
            echo host-key $(cut -d' ' -f2 /run/banger/ssh_host_ed25519_key.pub 2>/dev/null || ssh-keygen -y -f /run/banger/ssh_host_ed25519_key | cut -d' ' -f2)
            echo mac $(cat /sys/class/net/eth0/address 2>/dev/null)
            echo address $(ip -4 -o addr show dev eth0 2>/dev/null | tr -s ' ' | cut -d' ' -f4)
            echo urandom $(head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \\n')
            echo seed $(sha256sum < /var/lib/systemd/random-seed 2>/dev/null | cut -d' ' -f1)
            """;

    @AfterEach
    void end() {
        HOME.deleteAll();
    }

    /** There is one, which tests that end it leave out. */
    private static void template() {
        if (templates() == 0)
            HOME.run("template", "build", "--image", Prepared.IMAGE, "--vcpu", "1", "--memory", "512M")
                    .ok();
    }

    private static long templates() {
        var list = HOME.run("template", "list", "--json").ok().out();
        return list.lines().filter(l -> l.contains("\"digest\"")).count();
    }

    private static String in(String vm, String command) {
        return HOME.exec(vm, "sh", "-c", command).ok().out().strip();
    }

    private static Path directory() throws IOException {
        var names = Trees.names(HOME.state().resolve("templates"));
        assertThat(names).hasSize(1);
        return HOME.state().resolve("templates").resolve(names.iterator().next());
    }

    private static Map<String, String> facts(String vm) {
        var facts = new LinkedHashMap<String, String>();
        for (var line : in(vm, FACTS).lines().toList()) {
            var words = line.split(" ", 2);
            if (words.length == 2 && !words[1].isEmpty()) facts.put(words[0], words[1]);
        }
        return facts;
    }

    @Test
    void eachIsItself() throws Exception {
        template();
        var names = new ArrayList<String>();
        for (int i = 0; i < CLONES; i++) names.add("clone-" + i);
        try (var threads = Executors.newFixedThreadPool(AT_ONCE)) {
            var starts = new ArrayList<Future<Ended>>();
            for (var name : names) starts.add(threads.submit(() -> HOME.create("--warm", "--name", name)));
            for (var start : starts) start.get().ok();
        }
        var seen = new HashMap<String, List<String>>();
        for (var name : names) {
            assertThat(HOME.vm(name).boot()).isEqualTo("warm");
            var facts = facts(name);
            assertThat(facts).containsEntry("hostname", name);
            assertThat(facts.get("urandom")).hasSize(64);
            facts.forEach((fact, value) ->
                    seen.computeIfAbsent(fact, f -> new ArrayList<>()).add(value));
            long guest = Long.parseLong(in(name, "date +%s"));
            assertThat(guest).isCloseTo(Instant.now().getEpochSecond(), Offset.offset(3L));
        }
        assertThat(seen.keySet()).contains("machine-id", "boot-id", "hostname", "urandom", "seed");
        seen.forEach(
                (fact, values) -> assertThat(values).as(fact).hasSize(CLONES).doesNotHaveDuplicates());
        var pins = new ArrayList<String>();
        for (var name : names)
            pins.add(Files.readString(
                    HOME.state().resolve("ssh/vms/" + HOME.vm(name).id() + ".known_hosts")));
        assertThat(pins).doesNotHaveDuplicates();
        // The key that the guest shows is the one that was pinned.
        for (var name : names.subList(0, 2))
            assertThat(HOME.run("vm", "ssh", name, "--", "hostname").ok().out().strip())
                    .isEqualTo(name);
    }

    @Test
    void itsDisksAreItsOwnAndOfItsOwnSize() {
        template();
        HOME.create("--warm", "--name", "box", "--disk-size", "24G", "--system-overlay-size", "12G")
                .ok();
        assertThat(in("box", "cat /sys/block/vdb/size")).isEqualTo(Long.toString(12L << 30 >> 9));
        assertThat(in("box", "cat /sys/block/vdc/size")).isEqualTo(Long.toString(24L << 30 >> 9));
        assertThat(in("box", "findmnt -no SOURCE /root")).contains("vdc");
        assertThat(in("box", "findmnt -no SOURCE /lib/modules")).contains("vdd");
        assertThat(Long.parseLong(in("box", "df --output=size -B1M /root | tail -1 | tr -d ' '")))
                .isGreaterThan(20_000);
        assertThat(Long.parseLong(in("box", "df --output=size -B1M / | tail -1 | tr -d ' '")))
                .isGreaterThan(10_000);
        in("box", "echo mine > /root/mine; echo mine > /etc/mine; sync");
        HOME.create("--warm", "--name", "other").ok();
        assertThat(in("other", "ls /root/mine /etc/mine 2>/dev/null | wc -l")).isEqualTo("0");
        // Stopped and started it boots, with its data.
        HOME.run("vm", "stop", "box").ok();
        HOME.run("vm", "start", "box").ok();
        assertThat(HOME.vm("box").boot()).isEqualTo("cold");
        assertThat(in("box", "cat /root/mine /etc/mine")).isEqualTo("mine\nmine");
    }

    @Test
    void itIsSuspendedAndContinuedLikeAny() {
        template();
        HOME.create("--warm", "--name", "box").ok();
        in("box", "echo kept > /dev/shm/note");
        HOME.run("vm", "suspend", "box").ok();
        HOME.run("vm", "start", "box").ok();
        assertThat(HOME.vm("box").boot()).isEqualTo("resumed");
        assertThat(in("box", "cat /dev/shm/note; hostname")).isEqualTo("kept\nbox");
    }

    @Test
    void vmsRunOnWithoutIt() {
        template();
        HOME.create("--warm", "--name", "box").ok();
        HOME.run("template", "prune").ok();
        assertThat(templates()).isZero();
        assertThat(in("box", "hostname")).isEqualTo("box");
        HOME.run("daemon", "stop").ok();
        assertThat(in("box", "head -c 100000 /dev/urandom | wc -c")).isEqualTo("100000");
    }

    /** The copies of the disks are on the host's some time after the VM is ready; a host that goes down before has neither. */
    @Test
    void aHostThatWentDownBeforeTheDisksWereWrittenHasTheVmAsBeforeItsFirstStart() throws IOException {
        template();
        HOME.create("--warm", "--name", "box").ok();
        in("box", "echo work > /root/work");
        var disks = HOME.state().resolve("vms").resolve(HOME.vm("box").id());
        var boot = Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
        Wait.until("its disks are written", () -> Files.notExists(disks.resolve("unsettled-" + boot)));
        var vmm = HOME.vm("box").pid();
        HOME.killDaemon();
        Signal.send(vmm, "KILL");
        Wait.until("the VMM is gone", () -> !Processes.alive(vmm));
        Files.createFile(disks.resolve("unsettled-00000000-0000-0000-0000-000000000000"));
        // The next command begins another daemon.
        HOME.run("vm", "list").ok();
        assertThat(HOME.vm("box").state()).isEqualTo("created");
        assertThat(HOME.vm("box").lastError()).contains("the host went down before its disks were written");
        HOME.run("vm", "start", "box").ok();
        assertThat(in("box", "test -e /root/work || echo none")).isEqualTo("none");
    }

    @Test
    void aDamagedOneIsSaidAndTheVmBoots() throws IOException {
        template();
        var memory = directory().resolve("memory");
        Files.setPosixFilePermissions(memory, PosixFilePermissions.fromString("rw-------"));
        try (var file = new RandomAccessFile(memory.toFile(), "rw")) {
            file.seek(file.length() / 2);
            file.write("what".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        }
        var ended = HOME.create("--name", "box").ok();
        assertThat(ended.err()).contains("boot: cold (template damaged: memory changed)");
        assertThat(HOME.vm("box").boot()).isEqualTo("cold (template damaged: memory changed)");
        assertThat(in("box", "hostname")).isEqualTo("box");
        assertThat(templates()).isZero();
    }

    @Test
    void withoutOneWarmIsAnErrorAndLeavesNothing() {
        HOME.run("template", "prune").ok();
        var ended = HOME.create("--warm", "--name", "box").expect(1);
        assertThat(ended.err())
                .contains("error: vm box: cannot continue from a template: no template")
                .contains("banger template build --image " + Prepared.IMAGE + " --vcpu 1 --memory 512M");
        assertThat(HOME.vms()).isEmpty();
        assertThat(HOME.create("--warm", "--cold").expect(2).err()).contains("--cold and --warm exclude each other");
    }

    @Test
    void leftToItselfTheDaemonMakesOne() {
        HOME.run("template", "prune").ok();
        HOME.run("daemon", "stop").ok();
        HOME.config("templates = \"auto\"\n");
        try {
            assertThat(HOME.create("--name", "box").ok().err())
                    .contains("template: made in the background; the next VM like this does not boot");
            Wait.until(() -> "a template is made", java.time.Duration.ofMinutes(5), () -> templates() == 1);
            HOME.create("--name", "next").ok();
            assertThat(HOME.vm("next").boot()).isEqualTo("warm");
        } finally {
            HOME.deleteAll();
            HOME.run("daemon", "stop").ok();
            HOME.settings("");
        }
    }
}
