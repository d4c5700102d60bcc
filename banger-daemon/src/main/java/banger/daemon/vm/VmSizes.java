package banger.daemon.vm;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Size;
import banger.api.model.CreateVm;
import banger.daemon.config.VmDefaults;
import java.util.Optional;

/** How big a VM may be. */
final class VmSizes {
    private final VmDefaults defaults;

    VmSizes(VmDefaults defaults) {
        this.defaults = defaults;
    }

    /** What is asked for, the rest as it is by default; checked. */
    VmDefaults of(CreateVm request) {
        var sized = new VmDefaults(
                Optional.ofNullable(request.vcpu()).orElse(defaults.vcpu()),
                Optional.ofNullable(request.memoryMib()).orElse(defaults.memoryMib()),
                Optional.ofNullable(request.diskBytes()).orElse(defaults.diskBytes()),
                Optional.ofNullable(request.overlayBytes()).orElse(defaults.overlayBytes()));
        check(Optional.ofNullable(request.name()).orElse("new"), sized, request.start());
        return sized;
    }

    static void check(String name, VmDefaults s, boolean willRun) {
        int cpus = Runtime.getRuntime().availableProcessors();
        if (s.vcpu() < 1 || s.vcpu() > Math.max(32, cpus))
            throw usage("vcpu " + s.vcpu() + ": must be from 1 to " + Math.max(32, cpus));
        if (s.memoryMib() < 128) throw usage("memory " + s.memoryMib() + " MiB: must be at least 128 MiB");
        if (s.diskBytes() < 64 * Size.MIB || s.overlayBytes() < 64 * Size.MIB)
            throw usage("disk size: must be at least 64M");
        if (s.diskBytes() > 16384 * Size.GIB || s.overlayBytes() > 16384 * Size.GIB)
            throw usage("disk size: must be at most 16T");
        long host = VmDefaults.hostMemoryMib();
        if (willRun && s.memoryMib() > host)
            throw new BangerException(
                    ErrorCode.HOST_MEMORY,
                    "vm " + name + ": " + Size.human(s.memoryMib() * Size.MIB)
                            + " of memory asked for, this machine has " + Size.human(host * Size.MIB) + " ("
                            + Size.human(VmDefaults.availableMemoryMib() * Size.MIB) + " free)",
                    "a smaller --memory, or banger vm set " + name + " --memory 8G");
    }

    private static BangerException usage(String fact) {
        return new BangerException(ErrorCode.USAGE, fact);
    }
}
