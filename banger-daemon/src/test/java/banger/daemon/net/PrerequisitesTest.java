package banger.daemon.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PrerequisitesTest {
    @Test
    void aMissingTunIsTold(@TempDir Path directory) {
        var tun = directory.resolve("tun");
        assertThat(Prerequisites.missing(tun)).hasValueSatisfying(u -> {
            assertThat(u.reason()).isEqualTo("no " + tun);
            assertThat(u.remedies()).contains("sudo modprobe tun");
        });
    }

    @Test
    void aTunThatDoesNotOpenIsTold(@TempDir Path directory) {
        // A directory opens for nobody, root included.
        assertThat(Prerequisites.missing(directory))
                .hasValueSatisfying(u -> assertThat(u.reason()).isEqualTo(directory + ": Is a directory"));
    }

    @ParameterizedTest
    @CsvSource({
        "namespace-apparmor, AppArmor restricts user namespaces, sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0",
        "namespace-limit, no user namespaces allowed, sudo sysctl user.max_user_namespaces=15000 user.max_net_namespaces=15000",
        "namespace-disabled, user namespaces are disabled, sudo sysctl kernel.unprivileged_userns_clone=1",
        "namespace-missing, this kernel has no user or network namespaces, the text",
        "namespace-map, the uid for VMs cannot be mapped, the text",
        "namespace-refused, user namespaces are refused, the text",
    })
    void everyRefusalOfANamespaceHasARemedy(String step, String reason, String remedy) {
        var unavailable = Prerequisites.noNamespace(new Refused(step, "the text"));
        assertThat(unavailable.reason()).isEqualTo(reason);
        assertThat(unavailable.remedies()).startsWith(remedy);
    }
}
