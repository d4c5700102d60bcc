package banger.api.text;

import banger.api.Printable;
import banger.api.Size;
import banger.api.Times;
import banger.api.model.VmInfo;
import java.time.Instant;
import java.util.List;

/** The VMs there are, as {@code vm list} shows them. */
public final class VmListing {
    private VmListing() {}

    public static Table of(List<VmInfo> vms) {
        var table = new Table()
                .text("ID")
                .text("NAME")
                .text("STATE")
                .text("IMAGE")
                .text("IP")
                .number("VCPU")
                .number("MEM")
                .number("DISK")
                .text("WORKSPACE")
                .text("CREATED");
        for (var vm : vms)
            table.row(
                    vm.id().substring(0, 8),
                    vm.name(),
                    vm.state(),
                    vm.image(),
                    vm.address(),
                    Integer.toString(vm.vcpu()),
                    vm.memoryMib() + " MiB",
                    Size.human(vm.usedBytes()),
                    workspace(vm),
                    Times.ago(Instant.parse(vm.createdAt()), Instant.now()));
        return table;
    }

    /** The repository's name and the commit it was at: {@code shop@3f2a91c}. */
    private static String workspace(VmInfo vm) {
        var w = vm.workspace();
        if (w == null) return "-";
        var name = w.hostPath().substring(w.hostPath().lastIndexOf('/') + 1);
        return Printable.line(w.head().isEmpty() ? name : name + "@" + w.head().substring(0, 7));
    }
}
