package banger.daemon.net;

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
        return switch (refused.code()) {
            case "namespace-apparmor" ->
                new NetworkUnavailable(
                        "AppArmor restricts user namespaces",
                        "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0",
                        "for good: put that setting into /etc/sysctl.d/60-banger.conf");
            case "namespace-limit" ->
                new NetworkUnavailable(
                        "no user namespaces allowed",
                        "sudo sysctl user.max_user_namespaces=15000 user.max_net_namespaces=15000");
            case "namespace-disabled" ->
                new NetworkUnavailable(
                        "user namespaces are disabled", "sudo sysctl kernel.unprivileged_userns_clone=1");
            case "namespace-missing" ->
                new NetworkUnavailable("this kernel has no user or network namespaces", refused.text());
            case "namespace-map" ->
                new NetworkUnavailable(
                        "the uid for VMs cannot be mapped",
                        refused.text(),
                        "root's first range in /etc/subuid is what is mapped; in a container it must be the container's");
            default ->
                new NetworkUnavailable(
                        "user namespaces are refused",
                        refused.text(),
                        "in a container: allow unshare in its seccomp profile (--security-opt seccomp=unconfined)");
        };
    }
}
