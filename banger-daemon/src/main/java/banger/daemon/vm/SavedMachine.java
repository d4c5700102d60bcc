package banger.daemon.vm;

import banger.daemon.engine.Memory;
import java.nio.file.Path;
import java.util.Map;

/**
 * A machine that others continue as.
 *
 * @param directory what its engine saved
 * @param memory how they have its memory
 * @param key all that must be the same for them, by name
 */
record SavedMachine(Path directory, Memory memory, Map<String, String> key) {
    SavedMachine {
        key = Map.copyOf(key);
    }

    /** The same after it was moved. */
    SavedMachine in(Path other) {
        var there = memory instanceof Memory.Mapped mapped
                ? new Memory.Mapped(other.resolve(directory.relativize(mapped.file())), mapped.disks())
                : memory;
        return new SavedMachine(other, there, key);
    }
}
