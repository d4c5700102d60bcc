package banger.daemon.engine;

import java.nio.file.Path;
import java.util.Map;

/** Where a machine's memory lies. */
public sealed interface Memory {
    /** Nobody else's; a save writes it beside the devices. */
    record Own() implements Memory {}

    /**
     * Its own, which a save writes as the file {@code memory} beside the devices, blocks of zeroes as holes. For a machine
     * that others will continue from.
     */
    record Recorded() implements Memory {}

    /**
     * That of a machine that was recorded, mapped: what the VMM changes is its own, and it cannot change the file.
     *
     * @param file never written again; it may be unlinked while it is mapped
     * @param disks the sizes that the writable disks had in the machine that was recorded: its guest is told of those
     *     that have another one here
     */
    record Mapped(Path file, Map<String, Long> disks) implements Memory {
        public Mapped {
            disks = Map.copyOf(disks);
        }
    }
}
