package banger.daemon.net;

import banger.daemon.engine.NamespaceRefusal;
import banger.daemon.process.Programs;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** What the host must have, found before anything is made. */
final class Prerequisites {
    private static final List<String> PROGRAMS = List.of("ip", "nft");

    private Prerequisites() {}

    static Optional<NetworkUnavailable> missing(Path tun) {
        var absent = PROGRAMS.stream().filter(p -> Programs.find(p).isEmpty()).toList();
        if (!absent.isEmpty())
            return Optional.of(new NetworkUnavailable(
                    String.join(" and ", absent) + " not found",
                    "sudo apt-get install "
                            + String.join(
                                    " ",
                                    absent.stream().map(Programs::debianPackage).toList())));
        return closed(tun);
    }

    /** Opening it is the only sure test: a device without its driver, or one that a container closed, is there too. */
    private static Optional<NetworkUnavailable> closed(Path tun) {
        if (!Files.exists(tun))
            return Optional.of(new NetworkUnavailable(
                    "no " + tun, "sudo modprobe tun", "in a container: start it with --device " + tun));
        try (var _ = new RandomAccessFile(tun.toFile(), "rw")) {
            return Optional.empty();
        } catch (IOException e) {
            var text = String.valueOf(e.getMessage());
            var why = text.replaceFirst("^.*\\((.*)\\)$", "$1");
            return Optional.of(
                    text.contains("Permission denied")
                            ? new NetworkUnavailable(tun + " is closed to this user", "sudo chmod 0666 " + tun)
                            : new NetworkUnavailable(tun + ": " + why, "sudo modprobe tun"));
        }
    }

    /** The shim's reason why there is no namespace, with what to do about it. */
    static NetworkUnavailable noNamespace(Refused refused) {
        var why = NamespaceRefusal.told(refused.code(), refused.text());
        return new NetworkUnavailable(why.reason(), why.remedies());
    }
}
