package banger.daemon.engine.qemu;

import banger.daemon.engine.Sight;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** What QEMU needs of the host: itself, its firmware, entropy, and KVM where it uses it. */
final class QemuSight {
    private static final List<String> FIRMWARE = List.of("share/qemu", "share/seabios");

    private QemuSight() {}

    static Sight of(Path program, Accelerator accelerator) {
        var prefixes =
                Stream.of(program.resolve("../..").normalize(), Path.of("/usr")).distinct();
        var data = prefixes.flatMap(p -> FIRMWARE.stream().map(p::resolve)).toList();
        var devices = new ArrayList<>(List.of(Path.of("/dev/null"), Path.of("/dev/urandom")));
        if (accelerator == Accelerator.KVM) devices.add(Path.of("/dev/kvm"));
        return Sight.of(program, data, devices);
    }
}
