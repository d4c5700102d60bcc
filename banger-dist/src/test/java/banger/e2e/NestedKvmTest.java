package banger.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What of the host lab takes seconds: the probe finds KVM where there is one, in a VM whose processor can virtualize. */
@Tag("vm")
class NestedKvmTest {
    @RegisterExtension
    static final TestHome HOME = TestHome.prepared();

    private static final LabHome LAB = new LabHome(HOME.path());

    private static Ended root(String line) {
        return LAB.exec("host", "sh", "-c", line);
    }

    @Test
    void theProbeFindsKvmWhereItRunsAVcpu() throws IOException {
        var shim = Files.readAllBytes(Product.directory().resolve("libexec/banger-shim"));
        LAB.begin();
        try {
            LAB.boot("host");
            assumeTrue(
                    root("grep -qw 'svm\\|vmx' /proc/cpuinfo").status() == 0,
                    "KVM of this machine does not nest, so no KVM works inside a VM of it");
            LAB.banger("vm", "exec", "-T", "host", "--", "sh", "-c", "cat > /root/shim && chmod 700 /root/shim")
                    .in(shim)
                    .run()
                    .ok();
            assertThat(root("/root/shim probe-kvm").out()).startsWith("failed device: ");
            root("case $(grep -m1 -ow 'svm\\|vmx' /proc/cpuinfo) in vmx) modprobe kvm-intel ;; *) modprobe kvm-amd ;; esac")
                    .ok();
            // Emulated, the first machine that a kernel makes was seen to take longer than the probe waits.
            Wait.until(
                    "KVM runs a vCPU", () -> root("/root/shim probe-kvm").out().startsWith("ok "));
            LAB.run("vm", "delete", "host").ok();
        } finally {
            LAB.end();
        }
    }
}
