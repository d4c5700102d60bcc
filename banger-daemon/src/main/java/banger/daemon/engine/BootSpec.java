package banger.daemon.engine;

import banger.daemon.disk.DiskChain;
import banger.daemon.disk.DiskChains;
import banger.daemon.guest.Control;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Everything an engine needs to boot one machine.
 *
 * @param directory the VM's own: the VMM's working directory; {@code vdb} and {@code vdc} are in it
 * @param links files outside it that the VMM sees under a name inside: {@code vda}, {@code vdd},
 *     {@code kernel}, {@code initrd}
 * @param network how the VM's network is called in listings
 * @param listener hears what the guest announces
 * @param urgency low: whatever else the host does goes first
 * @param disks where they are more than a raw file each; their layers are among the links
 */
public record BootSpec(
        String name,
        Path directory,
        List<Link> links,
        String commandLine,
        int vcpu,
        int memoryMib,
        String mac,
        int cid,
        Placement placement,
        String network,
        Control.Listener listener,
        Memory memory,
        Urgency urgency,
        Optional<DiskChains> disks) {
    /** Of a machine with memory of its own, for which somebody waits. */
    public BootSpec(
            String name,
            Path directory,
            List<Link> links,
            String commandLine,
            int vcpu,
            int memoryMib,
            String mac,
            int cid,
            Placement placement,
            String network,
            Control.Listener listener) {
        this(
                name,
                directory,
                links,
                commandLine,
                vcpu,
                memoryMib,
                mac,
                cid,
                placement,
                network,
                listener,
                new Memory.Own(),
                Urgency.HIGH,
                Optional.empty());
    }

    private BootSpec with(List<Link> others, Placement place, Memory where, Urgency how, Optional<DiskChains> which) {
        return new BootSpec(
                name,
                directory,
                others,
                commandLine,
                vcpu,
                memoryMib,
                mac,
                cid,
                place,
                network,
                listener,
                where,
                how,
                which);
    }

    /** The same elsewhere. */
    public BootSpec at(Placement other) {
        return with(links, other, memory, urgency, disks);
    }

    /** The same with more files in sight. */
    public BootSpec with(List<Link> more) {
        var all = new ArrayList<>(links);
        all.addAll(more);
        return with(List.copyOf(all), placement, memory, urgency, disks);
    }

    /** The same with memory from elsewhere. */
    public BootSpec on(Memory other) {
        return with(links, placement, other, urgency, disks);
    }

    /** The same with another urgency. */
    public BootSpec with(Urgency other) {
        return with(links, placement, memory, other, disks);
    }

    /** The same with disks of more than one file; only an engine whose traits say so can have them. */
    public BootSpec on(DiskChains other) {
        return with(links, placement, memory, urgency, other.layered() ? Optional.of(other) : Optional.empty());
    }

    /** Bytes that a disk has as the guest sees it; 0 when it is not there. */
    public long diskBytes(String drive) {
        return disks.stream()
                .flatMap(d -> d.both().stream())
                .filter(c -> c.drive().equals(drive))
                .mapToLong(DiskChain::size)
                .findFirst()
                .orElseGet(() -> directory.resolve(drive).toFile().length());
    }

    /** Whether somebody waits for it. */
    public enum Urgency {
        HIGH,
        LOW
    }

    /** A read-only file and the name it has inside the VM's directory. */
    public record Link(Path source, String name) {}

    /**
     * Where and as whom the VMM runs.
     *
     * @param holder of the private namespaces; empty: none, and no network card
     * @param uid inside the namespace; empty: the owner's own
     */
    public record Placement(Optional<ProcessRef> holder, Optional<Integer> uid, Optional<String> tap) {
        public static final Placement PLAIN = new Placement(Optional.empty(), Optional.empty(), Optional.empty());
    }
}
