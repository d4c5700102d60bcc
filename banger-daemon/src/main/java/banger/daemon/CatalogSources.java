package banger.daemon;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.daemon.image.Images;
import banger.daemon.kernel.Kernels;
import banger.daemon.progress.Progress;
import banger.daemon.publish.Fetching;
import banger.daemon.vm.Vm;
import banger.daemon.vm.VmSources;

/** Images and kernels as VMs need them. */
final class CatalogSources implements VmSources {
    private final Images images;
    private final Kernels kernels;

    CatalogSources(Images images, Kernels kernels) {
        this.images = images;
        this.kernels = kernels;
    }

    @Override
    public Resolved image(String name, Fetching fetching, Progress progress) {
        if (fetching == Fetching.FORBIDDEN) mustBeHere("image", name, () -> images.show(name));
        var image = images.ensure(name, progress);
        return new Resolved(image.name(), image.digest());
    }

    @Override
    public Resolved kernel(String name, Fetching fetching, Progress progress) {
        if (fetching == Fetching.FORBIDDEN) mustBeHere("kernel", name, () -> kernels.show(name));
        var kernel = kernels.ensure(name, progress);
        return new Resolved(kernel.name(), kernel.digest());
    }

    private static void mustBeHere(String kind, String name, Runnable look) {
        try {
            look.run();
        } catch (BangerException e) {
            if (e.code() != ErrorCode.IMAGE_NOT_FOUND && e.code() != ErrorCode.KERNEL_NOT_FOUND) throw e;
            throw new BangerException(
                            e.code(),
                            kind + " " + name + ": is not here, and with --offline nothing is fetched",
                            "banger " + kind + " pull " + name)
                    .because(e);
        }
    }

    @Override
    public BootFiles files(Vm vm) {
        var image = images.byDigest(vm.imageDigest());
        var kernel = kernels.byDigest(vm.kernelDigest());
        return new BootFiles(image.path(), kernel.vmlinux(), kernel.initrd(), kernel.modules(), kernel.commandLine());
    }
}
