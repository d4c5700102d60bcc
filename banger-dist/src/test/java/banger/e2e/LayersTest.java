package banger.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import banger.daemon.disk.AllocatedSize;
import banger.daemon.disk.Reflinks;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Copies of disks cost nothing where files cannot share, and what was in them comes back. */
@Tag("vm")
class LayersTest {
    private static final long MIB = 1 << 20;

    @RegisterExtension
    static final TestHome HOME = TestHome.withoutInit();

    @BeforeEach
    void files() throws IOException {
        assumeFalse(Reflinks.in(HOME.state()), "copies share what they have in common here: there are no layers");
    }

    @AfterEach
    void end() throws IOException {
        HOME.deleteAll();
        assertThat(Trees.names(HOME.state().resolve("layers"))).isEmpty();
    }

    private static String in(String vm, String script) {
        return HOME.exec(vm, "sh", "-c", script).ok().out().strip();
    }

    /** Of VMs, their snapshots, and what those are on. */
    private static long allocated() throws IOException {
        long sum = 0;
        for (var part : List.of("vms", "snapshots", "layers")) {
            var directory = HOME.state().resolve(part);
            if (Files.notExists(directory)) continue;
            try (var files = Files.walk(directory)) {
                sum += files.filter(f -> Files.isRegularFile(f, LinkOption.NOFOLLOW_LINKS))
                        .mapToLong(LayersTest::allocated)
                        .sum();
            }
        }
        return sum;
    }

    private static long allocated(Path file) {
        try {
            return AllocatedSize.of(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void fiveCheckpointsOfALargeDiskCostNothingAndEachIsAWayBack() throws IOException {
        HOME.boot("box");
        in("box", "head -c 104857600 /dev/urandom > /root/large; sync");
        var digest = in("box", "sha256sum < /root/large");
        long before = allocated();
        assertThat(before).isGreaterThan(100 * MIB);
        for (int i = 1; i <= 5; i++)
            HOME.banger(
                            "vm",
                            "exec",
                            "--checkpoint",
                            "box",
                            "--",
                            "sh",
                            "-c",
                            "echo " + i + " > /root/step; echo " + i + " > /etc/step")
                    .run()
                    .ok();
        assertThat(allocated() - before).isLessThan(16 * MIB);
        assertThat(HOME.run("vm", "show", "box").ok().out()).contains("layers (qcow2, depth 6): only QEMU runs it");
        // Nothing of what a snapshot is on can be changed any more, whatever the guest writes.
        in("box", "rm /root/large; head -c 10485760 /dev/urandom > /root/other; sync");
        HOME.run("vm", "undo", "--yes", "box", "3").ok();
        assertThat(in("box", "cat /root/step /etc/step")).isEqualTo("2\n2");
        assertThat(in("box", "sha256sum < /root/large")).isEqualTo(digest);
        assertThat(in("box", "test ! -e /root/other && echo gone")).isEqualTo("gone");
        in("box", "fstrim -av >&2; sync");
        HOME.run("vm", "stop", "box").ok();
        HOME.run("vm", "start", "box").ok();
        assertThat(in("box", "sha256sum < /root/large")).isEqualTo(digest);
        HOME.run("vm", "fork", "box", "--name", "copy").ok();
        in("box", "rm /root/large; sync");
        assertThat(in("copy", "cat /root/step; sha256sum < /root/large")).isEqualTo("2\n" + digest);
        HOME.run("vm", "delete", "--discard", "box").ok();
        HOME.run("vm", "restart", "copy").ok();
        assertThat(in("copy", "cat /root/step; sha256sum < /root/large")).isEqualTo("2\n" + digest);
        assertThat(allocated()).isLessThan(200 * MIB);
    }

    @Test
    void memoryOfAVmOnLayersComesBackAndItsDiskGrows() throws IOException {
        HOME.boot("box");
        in("box", "echo one > /root/note; echo one > /dev/shm/note; sync");
        HOME.run("vm", "snapshot", "box").ok();
        in("box", "echo two > /root/note; echo two > /dev/shm/note; sync");
        HOME.run("vm", "suspend", "box").ok();
        HOME.run("vm", "start", "box").ok();
        assertThat(in("box", "cat /root/note /dev/shm/note")).isEqualTo("two\ntwo");
        HOME.run("vm", "restore", "--yes", "box", "1").ok();
        assertThat(in("box", "cat /root/note /dev/shm/note")).isEqualTo("one\none");
        in("box", "echo three > /root/note");
        HOME.run("vm", "stop", "box").ok();
        long size = HOME.vm("box").diskBytes() + (1L << 30);
        HOME.run("vm", "set", "box", "--disk-size", size / MIB + "M").ok();
        HOME.run("vm", "start", "box").ok();
        assertThat(in("box", "cat /sys/block/vdc/size; cat /root/note")).isEqualTo(size / 512 + "\nthree");
        var disks = Disks.of("box", HOME);
        assertThat(disks.layers("vdc")).hasSize(2).allMatch(Files::isRegularFile);
        // A copy with many brothers maps their memory.
        HOME.run("vm", "fork", "box", "-n", "3", "--name", "try").ok();
        for (int i = 1; i <= 3; i++)
            assertThat(in("try-" + i, "cat /root/note")).isEqualTo("three");
    }
}
