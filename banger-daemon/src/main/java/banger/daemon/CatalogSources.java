package banger.daemon;

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
        if (fetching == Fetching.FORBIDDEN) images.show(name);
        var image = images.ensure(name, progress);
        return new Resolved(image.name(), image.digest());
    }

    @Override
    public Resolved kernel(String name, Fetching fetching, Progress progress) {
        if (fetching == Fetching.FORBIDDEN) kernels.show(name);
        var kernel = kernels.ensure(name, progress);
        return new Resolved(kernel.name(), kernel.digest());
    }

    @Override
    public BootFiles files(Vm vm) {
        var image = images.byDigest(vm.imageDigest());
        var kernel = kernels.byDigest(vm.kernelDigest());
        return new BootFiles(image.path(), kernel.vmlinux(), kernel.initrd(), kernel.modules(), kernel.commandLine());
    }
}
