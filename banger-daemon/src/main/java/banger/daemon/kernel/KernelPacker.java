package banger.daemon.kernel;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.daemon.process.Command;
import banger.daemon.process.CommandRunner;
import banger.daemon.publish.PublishedFiles;
import banger.daemon.publish.Sha256;
import banger.daemon.publish.Staging;
import io.avaje.jsonb.Jsonb;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** Turns a kernel's image and module tree into a published directory. */
final class KernelPacker {
    private final Path kernels;
    private final CommandRunner runner;
    private final PublishedFiles published;

    KernelPacker(Path kernels, CommandRunner runner, PublishedFiles published) {
        this.kernels = kernels;
        this.runner = runner;
        this.published = published;
    }

    /**
     * A kernel taken from wherever it came from; the files are ours to change.
     *
     * @param image an ELF kernel or a bzImage
     * @param base holds {@code lib/modules/RELEASE}
     */
    record Unpacked(String release, Path image, Path base) {
        Unpacked {
            if (!isRelease(release))
                throw new BangerException(ErrorCode.KERNEL_INVALID, "kernel: its release is called " + release);
        }

        Path modules() {
            return base.resolve("lib/modules").resolve(release);
        }
    }

    static boolean isRelease(String text) {
        return text.matches("[A-Za-z0-9][A-Za-z0-9._+~-]{0,63}") && !text.contains("..");
    }

    /** Publishes it below its digest and returns what is there. */
    KernelManifest pack(Unpacked kernel) throws IOException {
        try (var staging = Staging.below(kernels)) {
            var directory = staging.directory();
            var vmlinux = directory.resolve(KernelFiles.VMLINUX);
            if (BzImage.is(kernel.image())) BzImage.extract(kernel.image(), vmlinux);
            else copyElf(kernel.image(), vmlinux);
            depmod(kernel);
            ModuleSignature.removeBelow(kernel.modules());
            var early = directory.resolve(KernelFiles.EARLY_MODULES);
            EarlyModules.write(kernel.modules(), ModuleIndex.read(kernel.modules()), early);
            var modules = directory.resolve(KernelFiles.MODULES);
            ModulesImage.write(kernel.modules(), modules, runner);
            var manifest = new KernelManifest(
                    KernelManifest.FORMAT, kernel.release(), Sha256.of(vmlinux), Sha256.of(modules), Sha256.of(early));
            Files.writeString(
                    directory.resolve(KernelFiles.MANIFEST),
                    Jsonb.instance().type(KernelManifest.class).toJsonPretty(manifest));
            var place = staging.publish(manifest.digest(), there -> isIntact(there, manifest));
            for (var file : manifest.files().entrySet())
                published.published(place.resolve(file.getKey()), file.getValue());
            return manifest;
        }
    }

    private boolean isIntact(Path directory, KernelManifest manifest) {
        return manifest.files().entrySet().stream()
                .allMatch(f -> published.intact(directory.resolve(f.getKey()), f.getValue()));
    }

    private static void copyElf(Path image, Path vmlinux) throws IOException {
        if (!Elf.is(image))
            throw new BangerException(
                    ErrorCode.KERNEL_INVALID, "kernel image " + image + ": neither an ELF kernel nor a bzImage");
        if (Files.size(image) > BzImage.MAX_KERNEL)
            throw new BangerException(ErrorCode.KERNEL_INVALID, "kernel image " + image + ": larger than 512 MiB");
        Files.copy(image, vmlinux);
        Elf.checkKernel(vmlinux);
    }

    private void depmod(Unpacked kernel) {
        var result = runner.run(Command.of("depmod", "-b", kernel.base().toString(), kernel.release())
                .within(Duration.ofMinutes(2)));
        if (!result.ok())
            throw new BangerException(
                    ErrorCode.KERNEL_INVALID, "kernel " + kernel.release() + ": depmod: " + result.reason());
    }
}
