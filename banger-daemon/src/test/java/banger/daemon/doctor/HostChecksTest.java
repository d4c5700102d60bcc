package banger.daemon.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import banger.api.model.Check;
import banger.daemon.engine.KvmProbe.Answer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Hosts that were made up, file by file. */
class HostChecksTest {
    private static final Answer WORKS = new Answer(true, "", "3");
    private static final int KVM_GROUP = 109;

    @TempDir
    Path root;

    @BeforeEach
    void anOrdinaryMachine() throws IOException {
        file("proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu vmx sse2\n");
        file("proc/sys/kernel/osrelease", "6.1.0-56-amd64\n");
        file("proc/swaps", "Filename\tType\tSize\tUsed\tPriority\n");
        file("sys/kernel/mm/ksm/run", "0\n");
        file("sys/class/dmi/id/sys_vendor", "Dell Inc.\n");
        file("sys/class/dmi/id/product_name", "XPS 13\n");
        file("sys/module/kvm_intel/refcnt", "0\n");
        file("etc/group", "root:x:0:\nkvm:x:" + KVM_GROUP + ":bob\n");
    }

    private void file(String path, String text) throws IOException {
        var file = root.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    /** The device with these permissions; the group is kvm's where a test may give files away. */
    private void device(String permissions) throws IOException {
        file("dev/kvm", "");
        var node = root.resolve("dev/kvm");
        Files.setPosixFilePermissions(node, PosixFilePermissions.fromString(permissions));
        try {
            Files.setAttribute(node, "unix:gid", KVM_GROUP);
        } catch (IOException e) {
            int own = (Integer) Files.getAttribute(node, "unix:gid");
            file("etc/group", "root:x:0:\nkvm:x:" + own + ":bob\n");
        }
    }

    private Check check(String area, Answer probe, String user) {
        return new HostChecks(new HostFacts(root, user))
                .all(probe).stream()
                        .filter(c -> c.area().equals(area))
                        .findFirst()
                        .orElseThrow();
    }

    private List<String> kvmRemedies(String step) {
        var check = check("kvm", new Answer(false, step, "words"), "ann");
        assertThat(check.status()).isEqualTo("warn");
        return check.remedies();
    }

    @Test
    void aHostThatHasEverythingIsAllRight() {
        var checks = new HostChecks(new HostFacts(root, "ann")).all(WORKS);
        assertThat(checks).extracting(Check::status).containsOnly("ok");
        assertThat(checks).extracting(Check::area).containsExactly("kvm", "cpu", "linux", "swap", "ksm");
        assertThat(check("cpu", WORKS, "ann").text()).isEqualTo("vmx, a machine of its own (Dell Inc. XPS 13)");
        assertThat(check("linux", WORKS, "ann").text()).isEqualTo("6.1.0-56-amd64");
    }

    @Test
    void aDeviceThatIsNotThereIsMadeByItsModule() throws IOException {
        Files.delete(root.resolve("sys/module/kvm_intel/refcnt"));
        Files.delete(root.resolve("sys/module/kvm_intel"));
        assertThat(kvmRemedies("device")).containsExactly("sudo modprobe kvm_intel");
        file("proc/cpuinfo", "flags : svm\n");
        assertThat(kvmRemedies("device")).containsExactly("sudo modprobe kvm_amd");
        file("sys/module/kvm_amd/refcnt", "0\n");
        assertThat(kvmRemedies("device").getFirst()).contains("udevadm trigger");
    }

    @Test
    void aProcessorWithoutVirtualizationGetsItFromFirmwareOrFromTheMachineAround() throws IOException {
        file("proc/cpuinfo", "flags : fpu sse2\n");
        assertThat(kvmRemedies("device").getFirst()).contains("firmware");
        var bare = check("cpu", new Answer(false, "device", ""), "ann");
        assertThat(bare.status()).isEqualTo("warn");
        assertThat(bare.text()).startsWith("no virtualization, a machine of its own");
        file("proc/cpuinfo", "flags : fpu hypervisor sse2\n");
        assertThat(kvmRemedies("device").getFirst()).contains("nested virtualization");
        assertThat(check("cpu", new Answer(false, "device", ""), "ann").text())
                .startsWith("no virtualization, a virtual machine");
        file(".dockerenv", "");
        assertThat(kvmRemedies("device").getFirst()).contains("--device /dev/kvm");
    }

    @Test
    void aClosedDeviceNamesTheGroupThatOpensIt() throws IOException {
        device("rw-rw----");
        assertThat(kvmRemedies("permission")).containsExactly("sudo usermod -aG kvm $USER, then log in again");
        // Who is a member already needs nothing but a new login.
        assertThat(check("kvm", new Answer(false, "permission", ""), "bob")
                        .remedies()
                        .getFirst())
                .startsWith("log in again");
        file("run/.containerenv", "");
        assertThat(kvmRemedies("permission").getFirst())
                .contains("--group-add "
                        + new HostFacts(root, "ann").kvm().orElseThrow().gid());
        device("rw-------");
        assertThat(kvmRemedies("permission").getFirst())
                .contains("chgrp kvm /dev/kvm && ")
                .endsWith(", outside");
        Files.delete(root.resolve("run/.containerenv"));
        assertThat(kvmRemedies("permission"))
                .containsExactly(
                        "sudo chgrp kvm /dev/kvm && sudo chmod 0660 /dev/kvm",
                        "sudo usermod -aG kvm $USER, then log in again");
    }

    @Test
    void aVcpuThatDoesNotRunIsAnotherMachinesBusinessInsideOne() throws IOException {
        assertThat(kvmRemedies("stuck").getFirst()).contains("dmesg");
        file("proc/cpuinfo", "flags : hypervisor vmx\n");
        assertThat(kvmRemedies("stuck").getFirst()).startsWith("nothing can be done in here");
        assertThat(check("kvm", new Answer(false, "version", "words"), "ann").text())
                .isEqualTo("/dev/kvm does not work: words");
    }

    @Test
    void anOldOrStrangeKernelIsTold() throws IOException {
        file("proc/sys/kernel/osrelease", "5.4.0-100-generic\n");
        assertThat(check("linux", WORKS, "ann").status()).isEqualTo("warn");
        file("proc/sys/kernel/osrelease", "5.10.0\n");
        assertThat(check("linux", WORKS, "ann").status()).isEqualTo("ok");
        file("proc/sys/kernel/osrelease", "next\n");
        assertThat(check("linux", WORKS, "ann").status()).isEqualTo("warn");
    }

    @Test
    void swapAndMergedPagesAreAdvice() throws IOException {
        file("proc/swaps", "Filename Type\n/dev/zram0 partition 1 2 3\n");
        assertThat(check("swap", WORKS, "ann").status()).isEqualTo("ok");
        file("proc/swaps", "Filename Type\n/dev/sda2 partition 1 2 3\n/swap.img file 1 2 3\n");
        var swap = check("swap", WORKS, "ann");
        assertThat(swap.status()).isEqualTo("info");
        assertThat(swap.text()).contains("/dev/sda2, /swap.img");
        file("sys/kernel/mm/ksm/run", "1\n");
        assertThat(check("ksm", WORKS, "ann").status()).isEqualTo("warn");
    }

    @Test
    void aHostThatSaysNothingIsNoError() throws IOException {
        var nothing = new HostFacts(Files.createDirectory(root.resolve("empty")), "ann");
        assertThat(new HostChecks(nothing).all(new Answer(false, "device", "")))
                .extracting(Check::status)
                .containsExactly("warn", "warn", "warn", "ok", "ok");
    }
}
