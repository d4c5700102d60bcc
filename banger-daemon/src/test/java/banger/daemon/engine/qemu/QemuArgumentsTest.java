package banger.daemon.engine.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import banger.api.testing.Golden;
import banger.daemon.disk.DiskChain;
import banger.daemon.disk.DiskChain.Format;
import banger.daemon.disk.DiskChain.Layer;
import banger.daemon.disk.DiskChains;
import banger.daemon.engine.BootSpec;
import banger.daemon.engine.BootSpec.Link;
import banger.daemon.engine.BootSpec.Placement;
import banger.daemon.engine.Memory;
import banger.daemon.guest.Control;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class QemuArgumentsTest {
    private static final String PROGRAM = "/usr/bin/qemu-system-x86_64";
    private static final Memory RECORDED = new Memory.Recorded();
    private static final Memory MAPPED = new Memory.Mapped(Path.of("/state/templates/x/memory"), Map.of());
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
        return QemuArguments.of(PROGRAM, accelerator, spec(tap, new Memory.Own()));
    }

    private static BootSpec spec(boolean tap, Memory memory) {
        var placement = tap
                ? new Placement(Optional.empty(), Optional.empty(), Optional.of("bgr0123456789ab"))
                : Placement.PLAIN;
        return new BootSpec(
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
                        DEAF)
                .on(memory);
    }

    /** Of a machine that may become a template, and of one that comes from it. */
    static Stream<Arguments> templates() {
        return Stream.of(Accelerator.values())
                .flatMap(a -> Stream.of(
                        Arguments.of(a, "recorded", QemuArguments.of(PROGRAM, a, spec(true, RECORDED))),
                        Arguments.of(a, "mapped", QemuArguments.incoming(PROGRAM, a, spec(true, MAPPED)))));
    }

    private static String lines(List<String> arguments) {
        var lines = new StringBuilder();
        for (var argument : arguments)
            lines.append(argument.startsWith("-") || lines.isEmpty() ? "\n" : " ")
                    .append(argument);
        return lines.substring(1) + "\n";
    }

    @ParameterizedTest
    @MethodSource("templates")
    void theVectorOfTemplatesIsWhatItWas(Accelerator accelerator, String kind, List<String> arguments) {
        Golden.check("qemu/" + accelerator.word() + "-" + kind + ".txt", lines(arguments));
    }

    /** QEMU would punch the holes into the file itself, for everybody (warm.md 4). */
    @ParameterizedTest
    @MethodSource("templates")
    void noMachineOfATemplateGivesMemoryBack(Accelerator accelerator, String kind, List<String> arguments) {
        givesNothingBack(arguments);
    }

    /** A saved state only loads into the machine that it was saved from. */
    @ParameterizedTest
    @MethodSource("templates")
    void itIsTheMachineOfAnyVm(Accelerator accelerator, String kind, List<String> arguments) {
        var expected = lines(arguments(accelerator, true)).lines().collect(Collectors.toList());
        expected.replaceAll(l -> l.startsWith("-object memory-") ? "" : l);
        var actual = lines(arguments).lines().collect(Collectors.toList());
        actual.replaceAll(l -> l.startsWith("-object memory-") ? "" : l);
        if (kind.equals("mapped")) expected.addAll(List.of("-S", "-incoming defer"));
        assertThat(actual).isEqualTo(expected);
        assertThat(arguments)
                .filteredOn(a -> a.startsWith("memory-backend-"))
                .singleElement()
                .asString()
                .contains(",id=ram,size=4096M,");
    }

    /** The file that all map is not the VMM's to change: it has it privately and never opens it by name. */
    @ParameterizedTest
    @EnumSource
    void whatIsMappedIsPrivate(Accelerator accelerator) {
        var arguments = QemuArguments.incoming(PROGRAM, accelerator, spec(true, MAPPED));
        assertThat(arguments).noneMatch(a -> a.contains("/templates/") || a.contains("share=on"));
        assertThat(arguments).anyMatch(a -> a.contains("share=off"));
    }

    @ParameterizedTest
    @CsvSource({"TCG, false", "TCG, true", "KVM, false", "KVM, true"})
    void theVectorIsWhatItWas(Accelerator accelerator, boolean tap) {
        Golden.check("qemu/" + accelerator.word() + (tap ? "-tap" : "") + ".txt", lines(arguments(accelerator, tap)));
    }

    private static DiskChains disks() {
        var raw = new Layer("0".repeat(31) + "1", Format.RAW);
        var above = new Layer("0".repeat(31) + "2", Format.QCOW2);
        return new DiskChains(
                new DiskChain("vdb.01234567", Format.QCOW2, 1 << 26, List.of(above, raw)),
                new DiskChain("vdc.89abcdef", Format.QCOW2, 1 << 26, List.of(raw)));
    }

    @ParameterizedTest
    @EnumSource
    void disksThatAreLayersSayAllThatIsBelowThem(Accelerator accelerator) {
        var arguments = QemuArguments.of(
                PROGRAM, accelerator, spec(false, new Memory.Own()).on(disks()));
        Golden.check("qemu/" + accelerator.word() + "-layers.txt", lines(arguments));
        // The machine is the same: a state that was saved of the one loads into the other.
        assertThat(devices(arguments)).isEqualTo(devices(arguments(accelerator, false)));
    }

    private static List<String> devices(List<String> arguments) {
        return lines(arguments)
                .lines()
                .filter(l -> !l.startsWith("-drive") && !l.startsWith("-blockdev"))
                .toList();
    }

    @ParameterizedTest
    @EnumSource
    void rawDisksAreAsTheyWere(Accelerator accelerator) {
        var raw = new DiskChains(DiskChain.raw("vdb", 1), DiskChain.raw("vdc", 1));
        assertThat(QemuArguments.of(
                        PROGRAM, accelerator, spec(false, new Memory.Own()).on(raw)))
                .isEqualTo(arguments(accelerator, false));
    }

    @ParameterizedTest
    @CsvSource({"TCG, false", "TCG, true", "KVM, false", "KVM, true"})
    void nothingGivesMemoryBackBehindTheGuestsBack(Accelerator accelerator, boolean tap) {
        // A saved state whose pages were reported free loads as zeroes: see the design of warm starts.
        givesNothingBack(arguments(accelerator, tap));
    }

    private static void givesNothingBack(List<String> arguments) {
        assertThat(arguments)
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
