package banger.daemon.vm;

import banger.daemon.engine.BootSpec;
import banger.daemon.engine.BootSpec.Link;
import banger.daemon.progress.Progress;
import banger.daemon.publish.Fetching;
import java.nio.file.Path;
import java.util.List;

/** Where a VM's image and kernel come from. */
public interface VmSources {
    /** A name and the digest it means now. */
    record Resolved(String name, String digest) {}

    /** The files of one boot, verified. */
    record BootFiles(Path rootfs, Path vmlinux, Path initrd, Path modules, String commandLine) {
        /** By the names that a machine has for them. */
        List<Link> links() {
            return List.of(
                    new Link(rootfs, "vda"),
                    new Link(modules, "vdd"),
                    new Link(vmlinux, "kernel"),
                    new Link(initrd, "initrd"));
        }

        /** A machine that boots from them, of a VM whose own files are in that directory. */
        BootSpec spec(Vm vm, Path directory, VmNetwork.Attachment attachment, RunningVm running) {
            return new BootSpec(
                    running.name().value(),
                    directory,
                    links(),
                    commandLine,
                    vm.vcpu(),
                    vm.memoryMib(),
                    vm.mac(),
                    vm.cid(),
                    attachment.placement(),
                    attachment.label(),
                    running);
        }
    }

    /**
     * Makes sure that the image is there, building or fetching it when it is not.
     *
     * @throws banger.api.BangerException also when it is not there and may not be fetched
     */
    Resolved image(String name, Fetching fetching, Progress progress);

    Resolved kernel(String name, Fetching fetching, Progress progress);

    /**
     * What a VM boots from: the digests it was created with, whatever the names mean by now.
     *
     * @throws banger.api.BangerException {@code image.changed} when the image's file is not what it was
     */
    BootFiles files(Vm vm);
}
