package banger.daemon.snapshot;

import banger.daemon.DurableFiles;
import banger.daemon.disk.SealedParts;
import io.avaje.jsonb.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A VM at a moment. Its files are never written again. */
public record Snapshot(Path directory, Manifest manifest) {
    public static final String OVERLAY = "vdb";
    public static final String WORK = "vdc";
    private static final String STATUS = "status";

    /** Why there is one. */
    public enum Kind {
        /** Somebody asked for it. */
        ASKED,
        /** Before a command. */
        CHECKPOINT,
        /** Before the VM was put back to another one. */
        BEFORE_RESTORE
    }

    /**
     * What is written beside the parts.
     *
     * @param number counts the snapshots of a VM, from 1
     * @param key all that must be the same for its memory to be continued, by name; empty without memory
     * @param engine the label of the one that saved the memory; empty without
     * @param workspace of the VM's record, as it was
     * @param disks absent where they are copies among the parts
     */
    @Json
    public record Manifest(
            int format,
            String vm,
            int number,
            Kind kind,
            String label,
            String createdAt,
            String engine,
            Map<String, String> key,
            String workspace,
            List<SealedParts.Part> parts,
            @Nullable Disks disks) {}

    /**
     * Disks that are not among the parts: what they are on, the uppermost first, as chains write it.
     *
     * @param allocated bytes on disk of those that no snapshot had before
     */
    @Json
    public record Disks(List<String> overlay, List<String> work, long allocated) {}

    public int number() {
        return manifest.number();
    }

    public boolean hasMemory() {
        return !manifest.engine().isEmpty();
    }

    public Path overlay() {
        return directory.resolve(OVERLAY);
    }

    public Path work() {
        return directory.resolve(WORK);
    }

    /** The files that the engine saved. */
    public List<String> memoryParts() {
        return manifest.parts().stream()
                .map(SealedParts.Part::name)
                .filter(n -> !n.equals(OVERLAY) && !n.equals(WORK))
                .toList();
    }

    /** How the command ended that it was made for; empty: not yet, or nobody said. */
    public Optional<Integer> status() {
        try {
            return Optional.of(
                    Integer.parseInt(Files.readString(directory.resolve(STATUS)).strip()));
        } catch (IOException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    public void ended(int status) {
        DurableFiles.write(
                directory.resolve(STATUS), Integer.toString(status).getBytes(StandardCharsets.US_ASCII), "rw-------");
    }

    /** What its disks are, where they are layers. */
    public Optional<Disks> layers() {
        return Optional.ofNullable(manifest.disks());
    }

    /** Bytes on disk. */
    public long allocated() {
        return manifest.parts().stream().mapToLong(SealedParts.Part::allocated).sum()
                + layers().map(Disks::allocated).orElse(0L);
    }
}
