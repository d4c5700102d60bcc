package banger.cli.verbs;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Printable;
import banger.api.Size;
import banger.api.VmName;
import banger.api.model.CreateVm;
import banger.cli.Flag;
import banger.cli.Invocation;
import java.util.List;
import java.util.Optional;

/** The flags that say what a new VM is like. */
final class Sizing {
    static final List<Flag> FLAGS = Flag.about(
            "the VM",
            List.of(
                    Flag.of("--name", "NAME", "its name (default: one is made up)"),
                    Flag.of("--image", "IMAGE", "what it starts from (default: debian-bookworm)"),
                    Flag.of("--vcpu", "N", "processors (default: a quarter of this host's, 1 to 4)"),
                    Flag.of("--memory", "SIZE", "memory, 2G or 2048 (default: an eighth of this host's, 1G to 8G)"),
                    Flag.of("--disk-size", "SIZE", "the disk under /root (default: 8G, takes only what is used)"),
                    Flag.of("--system-overlay-size", "SIZE", "the disk under the rest (default: 8G, likewise)"),
                    Flag.yes("--nat", "let it reach the network outside"),
                    Flag.of("--engine", "ENGINE", "auto, qemu or firecracker (default: auto)"),
                    Flag.yes("--cold", "boot it, though a template is there to continue from"),
                    Flag.yes("--warm", "continue from a template, or fail (banger template build)"),
                    Flag.yes("--offline", "fetch nothing: what is missing is an error; no Firecracker: QEMU")));

    private Sizing() {}

    static CreateVm request(Invocation i, boolean start, boolean remove) {
        i.value("--name").ifPresent(VmName::new);
        return new CreateVm(
                i.value("--name").orElse(null),
                i.value("--image").orElse(null),
                i.value("--vcpu").map(v -> count("--vcpu", v)).orElse(null),
                memory(i).orElse(null),
                i.value("--disk-size").map(v -> Size.parse("--disk-size", v)).orElse(null),
                i.value("--system-overlay-size")
                        .map(v -> Size.parse("--system-overlay-size", v))
                        .orElse(null),
                i.has("--nat"),
                i.value("--engine").orElse(null),
                start,
                i.has("--offline"),
                remove,
                boot(i).orElse(null),
                null);
    }

    private static Optional<String> boot(Invocation i) {
        if (i.has("--cold") && i.has("--warm"))
            throw new BangerException(ErrorCode.USAGE, "--cold and --warm exclude each other", "leave one of them out");
        return i.has("--cold") ? Optional.of("cold") : i.has("--warm") ? Optional.of("warm") : Optional.empty();
    }

    static Optional<Integer> memory(Invocation i) {
        return i.value("--memory").map(Sizing::mebibytes);
    }

    private static int mebibytes(String text) {
        long mib = Size.parse("--memory", text) / Size.MIB;
        if (mib > Integer.MAX_VALUE)
            throw new BangerException(ErrorCode.USAGE, "--memory " + Printable.quote(text) + ": too much");
        return (int) mib;
    }

    static int count(String flag, String text) {
        if (!text.matches("[0-9]{1,6}") || Integer.parseInt(text) < 1)
            throw new BangerException(
                    ErrorCode.USAGE, flag + " " + Printable.quote(text) + ": not a number of 1 or more");
        return Integer.parseInt(text);
    }
}
