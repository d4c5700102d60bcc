package banger.daemon.config;

import static org.assertj.core.api.Assertions.assertThat;

import banger.api.Size;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class VmDefaultsTest {
    @Test
    void withoutSettingsItIsWhatThisHostCanSpare() {
        var defaults = VmDefaults.of(Settings.DEFAULT);
        assertThat(defaults.vcpu())
                .isBetween(1, 4)
                .isLessThanOrEqualTo(Math.max(1, Runtime.getRuntime().availableProcessors()));
        assertThat(defaults.memoryMib()).isBetween(1024, 8192);
        assertThat(defaults.memoryMib() % 256).isZero();
        assertThat(defaults.diskBytes()).isEqualTo(8 * Size.GIB);
        assertThat(defaults.overlayBytes()).isEqualTo(8 * Size.GIB);
        assertThat(VmDefaults.availableMemoryMib()).isPositive().isLessThanOrEqualTo(VmDefaults.hostMemoryMib());
    }

    @Test
    void settingsWin() {
        var d = Settings.DEFAULT;
        var settings = new Settings(
                d.defaultImage(),
                d.defaultKernel(),
                d.engine(),
                d.sshKey(),
                d.qemu(),
                d.firecracker(),
                d.firecrackerMirror(),
                d.bridge(),
                d.gateway(),
                d.prefix(),
                d.dns(),
                d.mirror(),
                d.logLevel(),
                d.startTimeout(),
                d.stopTimeout(),
                Optional.of(7),
                Optional.of(300),
                Optional.of(1L << 30),
                Optional.of(2L << 30),
                java.util.List.of(),
                d.templates(),
                d.templateBudget(),
                d.environmentBudget(),
                d.checkpointBudget(),
                d.checkpoints());
        assertThat(VmDefaults.of(settings)).isEqualTo(new VmDefaults(7, 300, 1L << 30, 2L << 30));
    }
}
