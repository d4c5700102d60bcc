package banger.daemon.doctor;

import banger.api.model.Check;
import banger.daemon.engine.KvmProbe;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** What of the host decides how VMs run: KVM, the processor, the kernel, and what becomes of guests' memory. */
final class HostChecks {
    private static final Pattern RELEASE = Pattern.compile("([0-9]+)\\.([0-9]+).*");

    /** Firecracker's oldest; what we use ourselves is older. */
    private static final int OLDEST_KERNEL = 510;

    private final HostFacts host;

    HostChecks(HostFacts host) {
        this.host = host;
    }

    List<Check> all(KvmProbe.Answer probe) {
        var checks = new ArrayList<Check>();
        checks.add(kvm(probe));
        checks.add(processor(probe));
        checks.add(kernel());
        checks.add(swap());
        checks.add(merging());
        return checks;
    }

    private Check kvm(KvmProbe.Answer probe) {
        if (probe.works()) return new Check("kvm", "ok", "/dev/kvm runs a vCPU", List.of());
        return switch (probe.step()) {
            case "device" -> new Check("kvm", "warn", "no /dev/kvm", absent());
            case "permission" -> new Check("kvm", "warn", "/dev/kvm is closed to this user", closed());
            case "stuck", "vcpu" ->
                new Check(
                        "kvm",
                        "warn",
                        "/dev/kvm opens, but a vCPU does not run",
                        List.of(
                                host.ground() == HostFacts.Ground.BARE
                                        ? "sudo dmesg | grep -i kvm says why"
                                        : "nothing can be done in here: another machine, or one with nested"
                                                + " virtualization"));
            default ->
                new Check(
                        "kvm", "warn", "/dev/kvm does not work: " + probe.text(), List.of("sudo dmesg | grep -i kvm"));
        };
    }

    private List<String> absent() {
        if (host.ground() == HostFacts.Ground.CONTAINER)
            return List.of("start the container with --device /dev/kvm, on a host that has it");
        if (host.virtualization().isEmpty()) return offered();
        if (!host.moduleLoaded())
            return List.of("sudo modprobe " + host.module().orElse("kvm"));
        return List.of("sudo modprobe kvm; sudo udevadm trigger --name-match=kvm");
    }

    /** Where virtualization itself is to be had. */
    private List<String> offered() {
        return List.of(
                host.ground() == HostFacts.Ground.BARE
                        ? "switch on virtualization (VT-x, AMD-V, SVM) in the firmware"
                        : "switch on nested virtualization where this machine is configured, then stop and start it");
    }

    private List<String> closed() {
        boolean container = host.ground() == HostFacts.Ground.CONTAINER;
        var login = "sudo usermod -aG %s $USER, then log in again";
        // Group 0 is root's, and a group that may not use the device helps nobody.
        var usable = host.kvm().filter(n -> n.gid() != 0 && (n.mode() & 0060) == 0060);
        if (usable.isEmpty())
            return List.of(
                    "sudo chgrp kvm /dev/kvm && sudo chmod 0660 /dev/kvm" + (container ? ", outside" : ""),
                    container ? "start the container with --group-add and the number of kvm" : login.formatted("kvm"));
        var node = usable.get();
        if (container) return List.of("start the container with --group-add " + node.gid() + ", the group of /dev/kvm");
        return host.member(node.group())
                ? List.of("log in again: you are in the group " + node.group() + ", but this login is older")
                : List.of(login.formatted(node.group()));
    }

    private Check processor(KvmProbe.Answer probe) {
        var where = switch (host.ground()) {
            case BARE -> "a machine of its own";
            case MACHINE -> "a virtual machine";
            case CONTAINER -> "a container";
        };
        var product = host.product();
        var text = host.virtualization().orElse("no virtualization") + ", " + where
                + (product.isEmpty() ? "" : " (" + product + ")");
        if (host.virtualization().isPresent() || probe.works()) return new Check("cpu", "ok", text, List.of());
        return new Check("cpu", "warn", text, offered());
    }

    private Check kernel() {
        var release = host.kernel();
        var matcher = RELEASE.matcher(release);
        if (!matcher.matches())
            return new Check("linux", "warn", "release " + release + " is not understood", List.of());
        int number = Integer.parseInt(matcher.group(1)) * 100 + Integer.parseInt(matcher.group(2));
        return number >= OLDEST_KERNEL
                ? new Check("linux", "ok", release, List.of())
                : new Check(
                        "linux",
                        "warn",
                        release + " is older than Firecracker supports (5.10)",
                        List.of("a newer kernel"));
    }

    private Check swap() {
        var swaps = host.swaps();
        if (swaps.isEmpty()) return new Check("swap", "ok", "off: guests' memory stays in memory", List.of());
        return new Check(
                "swap",
                "info",
                "on (" + String.join(", ", swaps)
                        + "): guests' memory may get to disk, in clear unless it is encrypted",
                List.of("sudo swapoff -a, or encrypted swap, where guests hold secrets"));
    }

    private Check merging() {
        if (!host.mergesPages()) return new Check("ksm", "ok", "off: VMs share no memory by content", List.of());
        return new Check(
                "ksm",
                "warn",
                "on: by its timing a guest can tell what another one has in memory",
                List.of("echo 2 | sudo tee /sys/kernel/mm/ksm/run"));
    }
}
