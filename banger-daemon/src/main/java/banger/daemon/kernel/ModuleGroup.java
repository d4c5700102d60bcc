package banger.daemon.kernel;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Modules the guest program loads together, before there is a file system to load others from.
 *
 * @param name as in {@code modules/load}: a transport, {@code vN} for the virtio device with id N, or
 *     {@code root}
 * @param device the virtio device id whose driver it is, 0 for none
 * @param modules names, each looked for on its own
 * @param required whether a kernel without it, built in or as a module, boots nothing
 */
record ModuleGroup(String name, int device, List<String> modules, boolean required) {
    /** In the order the guest program needs them. */
    static final List<ModuleGroup> ALL = List.of(
            new ModuleGroup("pci", 0, List.of("virtio_pci"), false),
            new ModuleGroup("mmio", 0, List.of("virtio_mmio"), false),
            new ModuleGroup("v3", 3, List.of("virtio_console"), false),
            new ModuleGroup("v19", 19, List.of("vmw_vsock_virtio_transport"), false),
            new ModuleGroup("v2", 2, List.of("virtio_blk"), true),
            new ModuleGroup("v4", 4, List.of("virtio_rng"), false),
            new ModuleGroup("v1", 1, List.of("virtio_net"), false),
            new ModuleGroup("root", 0, List.of("overlay", "ext4", "erofs", "af_packet"), false));

    /** The modules of this group that are files in the index; what is built in needs no loading. */
    List<String> files(ModuleIndex index) {
        var files = new ArrayList<String>();
        for (var module : modules) {
            if (index.isBuiltin(module)) continue;
            byAlias(index).or(() -> index.file(module)).ifPresent(files::add);
        }
        return files;
    }

    /** Whoever drives the device, whatever that module is called in this kernel. */
    private Optional<String> byAlias(ModuleIndex index) {
        if (device == 0) return Optional.empty();
        return Optional.ofNullable(index.aliases().get(String.format("virtio:d%08Xv*", device)))
                .flatMap(index::file);
    }

    boolean isMissing(ModuleIndex index) {
        return required && files(index).isEmpty() && modules.stream().noneMatch(index::isBuiltin);
    }
}
