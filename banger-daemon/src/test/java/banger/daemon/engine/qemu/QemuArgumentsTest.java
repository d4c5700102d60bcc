package banger.daemon.engine.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import banger.api.testing.Golden;
import banger.daemon.engine.BootSpec;
import banger.daemon.engine.BootSpec.Link;
import banger.daemon.engine.BootSpec.Placement;
import banger.daemon.guest.Control;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QemuArgumentsTest {
    private static final Control.Listener DEAF = new Control.Listener() {
        @Override
        public void dirty(long kib) {}

        @Override
        public void power(String action) {}

        @Override
        public void failed(String text) {}

        @Override
        public void ready() {}
    };

    private static List<String> arguments(Accelerator accelerator, boolean tap) {
        var placement = tap
                ? new Placement(Optional.empty(), Optional.empty(), Optional.of("bgr0123456789ab"))
                : Placement.PLAIN;
        var spec = new BootSpec(
                "box",
                Path.of("/state/vms/0123456789ab"),
                List.of(new Link(Path.of("/images/x/rootfs.ext4"), "vda")),
                "console=ttyS0 net.ifnames=0",
                2,
                4096,
                "02:ba:ac:10:00:04",
                3,
                placement,
                "user",
                DEAF);
        return QemuArguments.of("/usr/bin/qemu-system-x86_64", accelerator, spec);
    }

    @ParameterizedTest
    @CsvSource({"TCG, false", "TCG, true", "KVM, false", "KVM, true"})
    void theVectorIsWhatItWas(Accelerator accelerator, boolean tap) {
        var lines = new StringBuilder();
        for (var argument : arguments(accelerator, tap))
            lines.append(argument.startsWith("-") || lines.isEmpty() ? "\n" : " ")
                    .append(argument);
        Golden.check("qemu/" + accelerator.word() + (tap ? "-tap" : "") + ".txt", lines.substring(1) + "\n");
    }

    @ParameterizedTest
    @CsvSource({"TCG, false", "TCG, true", "KVM, false", "KVM, true"})
    void nothingGivesMemoryBackBehindTheGuestsBack(Accelerator accelerator, boolean tap) {
        // A saved state whose pages were reported free loads as zeroes: see the design of warm starts.
        assertThat(arguments(accelerator, tap))
                .noneMatch(a -> a.contains("balloon")
                        || a.contains("free-page")
                        || a.contains("virtio-mem")
                        || a.contains("pmem"));
    }

    @ParameterizedTest
    @CsvSource({"TCG, false", "TCG, true", "KVM, false", "KVM, true"})
    void everyDeviceHasItsOwnFixedAddress(Accelerator accelerator, boolean tap) {
        var devices = new ArrayList<String>();
        var arguments = arguments(accelerator, tap);
        for (int i = 0; i < arguments.size() - 1; i++)
            if (arguments.get(i).equals("-device")) devices.add(arguments.get(i + 1));
        var addresses = devices.stream()
                .filter(d -> d.contains("-pci"))
                .map(d -> d.replaceAll(".*addr=(0x[0-9a-f]+).*", "$1"))
                .toList();
        assertThat(addresses).doesNotHaveDuplicates().allMatch(a -> a.startsWith("0x"));
        assertThat(arguments)
                .filteredOn(a -> a.startsWith("pc-"))
                .allMatch(a -> a.matches("pc-q35-[0-9]+\\.[0-9]+,.*"));
    }

    @ParameterizedTest
    @CsvSource({"TCG", "KVM"})
    void withoutATapThereIsNoCard(Accelerator accelerator) {
        assertThat(arguments(accelerator, false))
                .noneMatch(a -> a.contains("net,") || a.contains("-netdev") || a.contains("mac="));
    }
}
