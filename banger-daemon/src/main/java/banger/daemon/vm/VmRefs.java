package banger.daemon.vm;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Nearest;
import banger.api.Printable;
import java.util.List;
import java.util.stream.Collectors;

/** Finds the VM that a person means: exact name, exact id, then a prefix of the id of at least 4. */
public final class VmRefs {
    private static final int SHORTEST_PREFIX = 4;

    private final VmTable table;

    public VmRefs(VmTable table) {
        this.table = table;
    }

    /** @throws BangerException {@code vm.not-found} or {@code vm.ambiguous} */
    public Vm resolve(String reference) {
        var all = table.all();
        for (var vm : all) if (vm.name().value().equals(reference)) return vm;
        for (var vm : all) if (vm.id().value().equals(reference)) return vm;
        if (reference.length() < SHORTEST_PREFIX) throw notFound(reference, all);
        var matching =
                all.stream().filter(v -> v.id().value().startsWith(reference)).toList();
        if (matching.size() == 1) return matching.getFirst();
        if (matching.isEmpty()) throw notFound(reference, all);
        throw new BangerException(
                ErrorCode.VM_AMBIGUOUS,
                Printable.quote(reference) + ": more than one VM begins with it",
                matching.stream()
                        .map(v -> v.id().abbreviated() + "  " + v.name())
                        .collect(Collectors.toList()));
    }

    static BangerException notFound(String reference) {
        return notFound(reference, List.of());
    }

    private static BangerException notFound(String reference, List<Vm> all) {
        var near = Nearest.to(reference, all.stream().map(v -> v.name().value()).toList());
        return new BangerException(
                ErrorCode.VM_NOT_FOUND,
                "no VM named " + Printable.quote(reference),
                near.map(n -> List.of("did you mean " + n + "?"))
                        .orElse(List.of(all.isEmpty() ? "banger vm run starts one" : "banger vm list")));
    }
}
