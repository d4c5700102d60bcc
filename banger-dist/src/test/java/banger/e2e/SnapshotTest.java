package banger.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import banger.api.model.VmInfo;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Snapshots, the way back to them, undo, and copies. */
@Tag("vm")
class SnapshotTest {
    @RegisterExtension
    static final TestHome HOME = TestHome.withoutInit();

    @AfterEach
    void end() {
        HOME.deleteAll();
    }

    private static String in(String vm, String script) {
        return HOME.exec(vm, "sh", "-c", script).ok().out().strip();
    }

    /** A VM with something on both disks and in memory. */
    private static String box() {
        HOME.boot("box");
        return in(
                "box",
                "echo one > /root/note; echo one > /etc/note; echo kept > /dev/shm/note;"
                        + " sleep 1000 > /dev/null 2>&1 & echo $!");
    }

    @Test
    void memoryAndDisksArePutBackTogetherAsOftenAsOneLikes() throws IOException {
        var process = box();
        assertThat(HOME.run("vm", "snapshot", "box", "--label", "first").ok().err())
                .contains("snapshot box 1: memory and disks in ", "it stood still for ");
        for (int i = 0; i < 2; i++) {
            in("box", "echo two > /root/note; rm /etc/note /dev/shm/note; kill " + process);
            assertThat(HOME.run("vm", "restore", "box", "first").expect(2).err())
                    .contains("vm box: back to snapshot 1 (first)", "what was done since goes", "--yes");
            HOME.run("vm", "restore", "--yes", "box", i == 0 ? "first" : "1").ok();
            assertThat(in("box", "cat /root/note /etc/note /dev/shm/note")).isEqualTo("one\none\nkept");
            assertThat(in("box", "cat /proc/" + process + "/comm")).isEqualTo("sleep");
        }
        assertThat(HOME.run("snapshot", "list", "box").ok().out())
                .contains("asked", "memory, disks", "before-restore", "first");
        // A stopped VM is put back to what ran, and runs.
        HOME.run("vm", "stop", "box").ok();
        HOME.run("vm", "restore", "-y", "box", "1").ok();
        assertThat(in("box", "cat /dev/shm/note")).isEqualTo("kept");
        var id = HOME.vm("box").id();
        HOME.run("vm", "delete", "--discard", "box").ok();
        assertThat(HOME.state().resolve("snapshots").resolve(id)).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "echo $((i += 1)) > /dev/shm/count",
                // Faster than it is written.
                "dd if=/dev/vda of=/dev/shm/rewritten bs=1M count=100 conv=notrunc"
            })
    void whatIsCopiedWhileItsGuestIsBusyIsOneMoment(String work) {
        box();
        in(
                "box",
                "head -c 16777216 /dev/urandom > /dev/shm/big; (i=0; while :; do " + work
                        + "; done) > /dev/null 2>&1 & echo $! > /dev/shm/pid");
        var digest = in("box", "sha256sum < /dev/shm/big");
        HOME.run("vm", "snapshot", "box").ok();
        assertThat(in("box", "sha256sum < /dev/shm/big; kill $(cat /dev/shm/pid)"))
                .isEqualTo(digest);
        in("box", "rm /dev/shm/big");
        HOME.run("vm", "restore", "--yes", "box", "1").ok();
        assertThat(in("box", "sha256sum < /dev/shm/big; kill $(cat /dev/shm/pid)"))
                .isEqualTo(digest);
    }

    @Test
    void aStoppedVmHasItsDisksKeptAndStaysStopped() {
        box();
        HOME.run("vm", "stop", "box").ok();
        HOME.run("vm", "snapshot", "box").ok();
        assertThat(HOME.run("vm", "df").ok().out().lines().toList())
                .anyMatch(l -> l.matches("vm +box +.* banger vm delete box"))
                .anyMatch(l -> l.matches("snapshots +box +.* banger snapshot rm box NUMBER"))
                .anyMatch(l -> l.matches("kernels +- +.* banger kernel rm KERNEL"));
        HOME.run("vm", "start", "box").ok();
        in("box", "echo two > /root/note; sync");
        HOME.run("vm", "stop", "box").ok();
        HOME.run("vm", "restore", "--yes", "box", "1").ok();
        assertThat(HOME.vm("box").state()).isEqualTo("stopped");
        HOME.run("vm", "start", "box").ok();
        assertThat(in("box", "cat /root/note /etc/note")).isEqualTo("one\none");
    }

    @Test
    void aCommandIsUndone() {
        box();
        HOME.banger("vm", "exec", "--checkpoint", "box", "--", "sh", "-c", "echo two > /root/note; exit 3")
                .run()
                .expect(3);
        HOME.banger("vm", "exec", "--checkpoint", "box", "--", "rm", "/etc/note")
                .run()
                .ok();
        var lines = HOME.run("vm", "timeline", "box").ok().out().lines().toList();
        assertThat(lines.get(1)).matches("\\s*2 .* 3 .*sh -c echo two > /root/note; exit 3");
        assertThat(lines.get(2)).matches("\\s*1 .* 0 .*rm /etc/note");
        HOME.run("vm", "undo", "--yes", "box").ok();
        assertThat(in("box", "cat /root/note /etc/note")).isEqualTo("two\none");
        HOME.run("vm", "undo", "--yes", "box", "2").ok();
        assertThat(in("box", "cat /root/note")).isEqualTo("one");
        assertThat(HOME.run("vm", "undo", "--yes", "box", "9").expect(1).err())
                .contains("vm box: there are 2 steps to undo", "banger vm timeline box");
    }

    @Test
    void aCommandIsUndoneWithWhatRanBeforeIt() {
        var process = box();
        HOME.banger(
                        "vm",
                        "exec",
                        "--checkpoint",
                        "--memory",
                        "box",
                        "--",
                        "sh",
                        "-c",
                        "kill " + process + "; rm /dev/shm/note; echo two > /root/note")
                .run()
                .ok();
        HOME.run("vm", "undo", "--yes", "box").ok();
        assertThat(in("box", "cat /root/note /dev/shm/note /proc/" + process + "/comm"))
                .isEqualTo("one\nkept\nsleep");
        assertThat(HOME.banger("vm", "exec", "--memory", "box", "--", "true")
                        .run()
                        .expect(2)
                        .err())
                .contains("--memory: says more about --checkpoint", "add --checkpoint");
    }

    @Test
    void theFirstCopyThatSucceedsIsKept() {
        box();
        var race = HOME.run(
                        "vm",
                        "race",
                        "box",
                        "--name",
                        "try",
                        "-e",
                        "echo lost; exit 3",
                        "-e",
                        "cat /dev/shm/note",
                        "-e",
                        "sleep 1000")
                .ok();
        assertThat(race.out()).isEqualTo("kept\n");
        assertThat(race.err().lines().toList())
                .anyMatch(l -> l.matches("try-2 +won +.* sh -c cat /dev/shm/note +kept"))
                .anyMatch(l -> l.matches("try-3 +stopped +- +sh -c sleep 1000 +-"))
                .anyMatch(l -> l.contains("vm try-2: still running"));
        assertThat(HOME.vms()).extracting(VmInfo::name).containsExactlyInAnyOrder("box", "try-2");
        var lost = HOME.run("vm", "race", "box", "-n", "2", "--", "sh", "-c", "echo no luck; false")
                .expect(1);
        assertThat(lost.out()).isEmpty();
        assertThat(lost.err()).contains("vm race: none of 2 succeeded").containsPattern("box-1 +status 1 .* no luck");
        assertThat(HOME.vms()).extracting(VmInfo::name).containsExactlyInAnyOrder("box", "try-2");
        assertThat(HOME.run("vm", "race", "box").expect(2).err()).contains("one command after --, or several with");
    }

    @Test
    void theConfigurationKeepsAWayBackFromEveryCommand() {
        box();
        HOME.run("daemon", "stop").ok();
        HOME.settings("[vm]\ncheckpoint = \"exec\"\n");
        HOME.exec("box", "sh", "-c", "echo two > /root/note").ok();
        HOME.banger("vm", "exec", "--no-checkpoint", "box", "--", "true").run().ok();
        assertThat(HOME.run("vm", "timeline", "box").ok().out().lines().skip(1))
                .singleElement()
                .asString()
                .contains("echo two > /root/note");
        HOME.run("vm", "undo", "--yes", "box").ok();
        assertThat(HOME.banger("vm", "exec", "--no-checkpoint", "box", "--", "cat", "/root/note")
                        .run()
                        .ok()
                        .out())
                .isEqualTo("one\n");
        HOME.run("daemon", "stop").ok();
        HOME.settings("");
    }

    /** Of a network inside a VM, as a container's is. */
    private static final String OTHER = "10.9.9.9";

    /** Holds a connection, by a socket of IPv4 or of IPv6 with an address of IPv4, and says how that ends. */
    private static final String HOLDER = """
            use Socket qw(:all);
            my ($ip, $six) = @ARGV;
            my $own = $six ? pack_sockaddr_in6(0, inet_pton(AF_INET6, "::ffff:$ip")) : pack_sockaddr_in(0, inet_aton($ip));
            my $family = $six ? AF_INET6 : AF_INET;
            socket(my $listener, $family, SOCK_STREAM, 0) or die $!;
            bind($listener, $own) && listen($listener, 1) or die $!;
            socket(my $client, $family, SOCK_STREAM, 0) or die $!;
            connect($client, getsockname($listener)) or die $!;
            accept(my $server, $listener) or die $!;
            fork and exit;
            my $end = defined sysread($client, my $byte, 1) ? "read" : "$!";
            open(my $file, ">", "/dev/shm/ended-$ip-$family") or die $!;
            print $file $end;
            """;

    /** The address of its card, under which it holds connections now; empty: it has none. */
    private static String holdsConnections(String vm) {
        HOME.banger("vm", "exec", "--cwd", "/", vm, "--", "sh", "-c", "cat > /root/holder")
                .in(HOLDER.getBytes(StandardCharsets.UTF_8))
                .run()
                .ok();
        var ip = in(vm, "ip -4 -o addr show dev eth0 2>/dev/null | sed 's/.* inet //;s,/.*,,'");
        if (!ip.isEmpty())
            in(
                    vm,
                    "ip addr add " + OTHER + "/32 dev lo; for ip in " + ip + " " + OTHER
                            + "; do for six in '' 1; do perl /root/holder $ip $six < /dev/null > /dev/null || exit; done; done");
        return ip;
    }

    @Test
    void copiesGoOnFromWhereItIsEachWithAnIdentityOfItsOwn() {
        var process = box();
        var ip = holdsConnections("box");
        // Three: that many share the memory that was loaded once.
        assertThat(HOME.run("vm", "fork", "box", "-n", "3", "--name", "try")
                        .ok()
                        .out())
                .isEqualTo("try-1\ntry-2\ntry-3\n");
        var all = List.of("box", "try-1", "try-2", "try-3");
        for (var what : List.of(
                "cat /etc/machine-id",
                "hostname",
                "cat /run/banger/ssh_host_ed25519_key",
                "cat /sys/class/net/eth0/address || echo off-$(hostname)",
                "head -c 32 /dev/urandom | sha256sum")) {
            var seen = new HashSet<String>();
            for (var vm : all)
                assertThat(seen.add(in(vm, what))).as(what + " in " + vm).isTrue();
        }
        for (var vm : all) {
            assertThat(in(vm, "cat /root/note /etc/note /dev/shm/note")).isEqualTo("one\none\nkept");
            assertThat(in(vm, "cat /proc/" + process + "/comm")).isEqualTo("sleep");
            HOME.run("vm", "ssh", vm, "--", "true").ok();
        }
        for (var copy : ip.isEmpty() ? List.<String>of() : all.subList(1, 4))
            for (var family : List.of("2", "10")) {
                Wait.until(
                        copy + " has no connection of box's address",
                        () -> in(copy, ended(ip, family)).equals("Software caused connection abort"));
                assertThat(in(copy, ended(OTHER, family)) + in("box", ended(ip, family)))
                        .isEqualTo("not yetnot yet");
            }
        in("try-1", "echo mine > /root/note");
        assertThat(in("box", "cat /root/note") + in("try-2", "cat /root/note")).isEqualTo("oneone");
        // A copy of a stopped VM boots from its disks.
        HOME.run("vm", "stop", "box").ok();
        assertThat(HOME.banger("vm", "fork", "box", "--name", "other", "--", "cat", "/root/note")
                        .run()
                        .ok()
                        .out())
                .isEqualTo("one\n");
        assertThat(HOME.run("vm", "fork", "box", "--name", "other").expect(1).err())
                .contains("vm other: exists already");
    }

    /** What its client holds in the VM is nobody's in the copy. */
    @Test
    void aCopyOfAVmThatARepositoryIsBeingBroughtInto(@TempDir Path directory) throws Exception {
        var repo = Checkout.in(directory);
        Checkout.run(HOME, "-d", "--name", "box", repo.toString()).run().ok();
        var large = new byte[100_000_000];
        new Random(1).nextBytes(large);
        Files.write(repo.top().resolve("large"), large);
        repo.git("add", "large");
        long before = used("box");
        try (var bringing = HOME.banger("vm", "workspace", "prepare", "box", repo.toString())
                .start()) {
            Wait.until("the guest has begun to write it", () -> used("box") > before + 4_000_000);
            bringing.signal("STOP");
            assertThat(in("box", "ls large 2>/dev/null || echo not yet")).isEqualTo("not yet");
            HOME.run("vm", "fork", "box", "--name", "copy").ok();
            HOME.run("vm", "workspace", "prepare", "copy", repo.toString()).ok();
            // Conversations with a guest end when its memory is kept; this one is as if it had not been.
            bringing.signal("CONT");
            assertThat(bringing.await().expect(1).err()).contains("error: vm box: ", "then the same again");
        }
        HOME.run("vm", "workspace", "prepare", "box", repo.toString()).ok();
        for (var vm : List.of("box", "copy"))
            assertThat(in(vm, "wc -c < large; git diff --quiet && git status -s"))
                    .as(vm)
                    .isEqualTo("100000000\nA  large");
    }

    private static String ended(String ip, String family) {
        return "cat /dev/shm/ended-" + ip + "-" + family + " 2>/dev/null || echo not yet";
    }

    /** Bytes taken on the disk that repositories lie on, what is not written to it yet included. */
    private static long used(String vm) {
        return Long.parseLong(in(vm, "df --output=used -B1 /root | tail -n 1").strip());
    }

    @Test
    void aDamagedSnapshotIsRefusedAndTheVmRunsOn() throws IOException {
        box();
        HOME.run("vm", "snapshot", "box", "--disks-only").ok();
        // Where copies of files share what they have in common it is one; else it is the layer that both are on.
        var copy =
                HOME.state().resolve("snapshots").resolve(HOME.vm("box").id()).resolve("1/vdb");
        var disk =
                Files.exists(copy) ? copy : Disks.of("box", HOME).layers("vdb").getFirst();
        Files.setPosixFilePermissions(disk, java.nio.file.attribute.PosixFilePermissions.fromString("rw-------"));
        Files.write(disk, new byte[] {1}, java.nio.file.StandardOpenOption.APPEND);
        assertThat(HOME.run("vm", "restore", "--yes", "box", "1").expect(1).err())
                .contains("vm box: snapshot 1 is damaged (", " changed)", "banger snapshot rm box 1");
        assertThat(in("box", "cat /root/note")).isEqualTo("one");
        assertThat(HOME.run("vm", "restore", "--yes", "box", "nothing")
                        .expect(1)
                        .err())
                .contains("vm box: no snapshot nothing", "banger snapshot list box");
        HOME.run("snapshot", "rm", "box", "1").ok();
    }
}
