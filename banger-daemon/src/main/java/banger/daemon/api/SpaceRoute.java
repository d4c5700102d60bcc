package banger.daemon.api;

import banger.api.Layout;
import banger.api.model.SpaceInfo;
import banger.daemon.disk.AllocatedSize;
import banger.daemon.http.Router;
import banger.daemon.vm.VmTable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** {@code /v1/space}: what takes room on the disk, and what frees it. */
public final class SpaceRoute {
    private final Layout layout;
    private final VmTable table;

    public SpaceRoute(Layout layout, VmTable table) {
        this.layout = layout;
        this.table = table;
    }

    public void addTo(Router router) {
        router.add("GET", "/v1/space", x -> x.jsonList(SpaceInfo.class, all()));
    }

    /** VMs by their names, each followed by its snapshots, then what they share; what takes nothing is left out. */
    private List<SpaceInfo> all() {
        var all = new ArrayList<SpaceInfo>();
        for (var vm : table.all().stream()
                .sorted(Comparator.comparing(v -> v.name().value()))
                .toList()) {
            var name = vm.name().value();
            var id = vm.id().value();
            all.add(of("vm", name, "banger vm delete " + name, layout.vms().resolve(id)));
            all.add(of(
                    "snapshots",
                    name,
                    "banger snapshot rm " + name + " NUMBER",
                    layout.snapshots().resolve(id)));
        }
        all.add(of("layers", "", "banger snapshot rm VM NUMBER; banger vm delete VM", layout.layers()));
        all.add(of("templates", "", "banger template prune", layout.templates()));
        all.add(of("environments", "", "banger env prune", layout.environments()));
        all.add(of("images", "", "banger image delete IMAGE", layout.images()));
        all.add(of("kernels", "", "banger kernel rm KERNEL", layout.kernels()));
        all.add(of("engines", "", "rm -r " + layout.engines() + "/VERSION", layout.engines()));
        all.add(of("rescues", "", "rm " + layout.rescue() + "/FILE", layout.rescue()));
        all.add(of("cache", "", "banger image cache prune", layout.cache()));
        all.removeIf(s -> s.bytes() == 0);
        return all;
    }

    private static SpaceInfo of(String kind, String name, String freedBy, Path directory) {
        long apparent = 0;
        long bytes = 0;
        try (var files = Files.walk(directory)) {
            for (var file : files.filter(f -> Files.isRegularFile(f, LinkOption.NOFOLLOW_LINKS))
                    .toList()) {
                try {
                    apparent += Files.size(file);
                    bytes += AllocatedSize.of(file);
                } catch (IOException e) {
                    // Gone since it was listed: it takes nothing any more.
                    continue;
                }
            }
        } catch (NoSuchFileException e) {
            return new SpaceInfo(kind, name, 0, 0, freedBy);
        } catch (IOException | UncheckedIOException e) {
            return new SpaceInfo(kind, name, apparent, bytes, freedBy);
        }
        return new SpaceInfo(kind, name, apparent, bytes, freedBy);
    }
}
