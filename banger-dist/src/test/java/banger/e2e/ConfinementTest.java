package banger.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a running VMM could reach if its guest took it over, seen through /proc. */
@Tag("vm")
class ConfinementTest {
    @RegisterExtension
    static final TestHome HOME = TestHome.withoutInit();

    private static Path vmm;
    private static Path other;

    @BeforeAll
    static void boot() {
        HOME.boot("box");
        HOME.boot("other");
        assumeTrue(
                HOME.vm("box").confinement().equals("bubblewrap"),
                () -> "no confinement here: " + HOME.vm("box").confinement());
        vmm = Path.of("/proc", Integer.toString(HOME.vm("box").pid()));
        other = Path.of("/proc", Integer.toString(HOME.vm("other").pid()));
    }

    @AfterAll
    static void delete() {
        HOME.deleteAll();
    }

    private static Map<String, String> status() throws IOException {
        return Files.readAllLines(vmm.resolve("status")).stream()
                .map(l -> l.split(":\t", 2))
                .collect(Collectors.toMap(f -> f[0], f -> f[1].strip()));
    }

    @Test
    void ithasNoCapabilitiesAndCanGainNone() throws IOException {
        var status = status();
        for (var set : List.of("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"))
            assertThat(status.get(set)).as(set).isEqualTo("0000000000000000");
        assertThat(status).containsEntry("NoNewPrivs", "1").containsEntry("Seccomp", "2");
        assertThat(status.get("NSpid"))
                .as("the first process of its own namespace")
                .endsWith("\t1");
    }

    @Test
    void itsNamespacesAreNobodyElses() throws IOException {
        for (var kind : List.of("user", "mnt", "pid", "ipc", "uts"))
            assertThat(Files.readSymbolicLink(vmm.resolve("ns").resolve(kind)))
                    .as(kind)
                    .isNotEqualTo(
                            Files.readSymbolicLink(Path.of("/proc/self/ns").resolve(kind)))
                    .isNotEqualTo(Files.readSymbolicLink(other.resolve("ns").resolve(kind)));
    }

    @Test
    void itSeesItsOwnFilesAndNothingElseOfAnybody() throws IOException {
        var root = vmm.resolve("root");
        assertThat(Trees.names(root)).isSubsetOf("dev", "etc", "lib", "lib64", "proc", "usr", "vm");
        assertThat(Trees.names(root.resolve("dev"))).isSubsetOf("null", "urandom", "kvm");
        assertThat(Trees.names(root.resolve("etc"))).isSubsetOf("ld.so.cache", "ld.so.conf");
        assertThat(Trees.names(root.resolve("usr/bin"))).containsExactly("qemu-system-x86_64");
        assertThat(Trees.names(root.resolve("vm"))).contains("vda", "vdb", "vdc", "vdd", "kernel", "initrd");
        for (var hidden : List.of(
                HOME.path(),
                Path.of(System.getProperty("user.home")),
                Path.of("/tmp"),
                Path.of("/etc/passwd"),
                Path.of("/run")))
            assertThat(Files.exists(root.resolve(hidden.toString().substring(1)), LinkOption.NOFOLLOW_LINKS))
                    .as(hidden.toString())
                    .isFalse();
    }

    @Test
    void theHelpersSocketIsOutOfItsReach() throws IOException {
        var socket = HOME.state().resolve("run/net/net.sock");
        assumeTrue(Files.exists(socket), "no network here, so no helper");
        try (var files = Files.walk(vmm.resolve("root/vm"))) {
            assertThat(files.filter(f -> f.getFileName().toString().equals("net.sock")))
                    .isEmpty();
        }
        assertThat(Files.exists(vmm.resolve("root" + socket))).isFalse();
    }

    @Test
    void whatItDoesNotOwnIsReadOnlyAndWhatItMayWriteIsBounded() throws IOException {
        for (var line : Files.readAllLines(vmm.resolve("mountinfo"))) {
            var fields = line.split(" ");
            var options = List.of(fields[5].split(","));
            if (fields[4].equals("/vm")) assertThat(options).contains("rw", "nosuid", "nodev");
            else if (fields[4].equals("/proc") || fields[4].startsWith("/dev/"))
                assertThat(options).as(line).contains("nosuid");
            else assertThat(options).as(line).contains("ro", "nosuid", "nodev");
        }
        var limits = Files.readString(vmm.resolve("limits"));
        assertThat(limits).containsPattern("Max open files +4096 +4096").containsPattern("Max core file size +0 +0");
        assertThat(limits).containsPattern("Max file size +[0-9]+ +[0-9]+");
    }
}
