package banger.daemon.config;

import banger.api.Size;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The user's settings, each with its default in place.
 *
 * @param engine {@code auto}, {@code qemu} or {@code firecracker}
 * @param startTimeout from the VMM's start to the guest's ready; emulation gets three times as long
 * @param firecrackerMirror where its releases lie; ends in a slash
 * @param fileSync what of the host's files every VM gets
 * @param templates {@code auto}: made by themselves; {@code manual}: only when asked for; {@code off}: not used either
 * @param templateBudget bytes that templates may take on disk; the longest unused go
 * @param environmentBudget the same of environments
 * @param checkpointBudget the same of what is kept of one VM without being asked for; the oldest go
 * @param checkpoints whether the disks are kept before each command in a VM, so that it can be undone
 * @param stopTimeout how long a stop waits for the guest's dirty pages
 */
public record Settings(
        String defaultImage,
        String defaultKernel,
        String engine,
        Optional<Path> sshKey,
        Optional<Path> qemu,
        Optional<Path> firecracker,
        String firecrackerMirror,
        String bridge,
        String gateway,
        int prefix,
        String dns,
        String mirror,
        String logLevel,
        Duration startTimeout,
        Duration stopTimeout,
        Optional<Integer> vcpu,
        Optional<Integer> memoryMib,
        Optional<Long> diskBytes,
        Optional<Long> overlayBytes,
        List<FileSync> fileSync,
        String templates,
        long templateBudget,
        long environmentBudget,
        long checkpointBudget,
        boolean checkpoints) {
    public static final Settings DEFAULT = new Settings(
            "debian-bookworm",
            "debian-cloud",
            "auto",
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            "https://github.com/firecracker-microvm/firecracker/releases/download/",
            "br-banger",
            "172.16.0.1",
            24,
            "192.0.2.53",
            "http://deb.debian.org/debian",
            "info",
            Duration.ofSeconds(60),
            Duration.ofSeconds(60),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            List.of(),
            "auto",
            10 * Size.GIB,
            20 * Size.GIB,
            10 * Size.GIB,
            false);
}
