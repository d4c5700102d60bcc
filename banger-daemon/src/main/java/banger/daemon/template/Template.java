package banger.daemon.template;

import banger.daemon.disk.SealedParts;
import io.avaje.jsonb.Json;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A prepared machine. Its files are never written again.
 *
 * @param usedAt when a VM last continued from it; when it was made, if none did
 */
public record Template(String digest, Path directory, Manifest manifest, Instant usedAt) {
    /** Names of the parts, and of what an engine leaves in the directory that it saves to. */
    public static final String MEMORY = "memory";

    public static final String STATE = "state";
    public static final String OVERLAY = "overlay";
    public static final String WORK = "work";

    /** Of an environment: what this host knows of the workspace in it, and what its setup printed. */
    public static final String WORKSPACES = "workspaces";

    public static final String LOG = "log";

    /**
     * What is written beside the parts.
     *
     * @param about for listings
     * @param key all that must be the same for it to be continued, by name
     */
    @Json
    public record Manifest(int format, About about, Map<String, String> key, List<SealedParts.Part> parts) {}

    /**
     * What a person wants to know of it.
     *
     * @param engine the label of the one that saved it
     * @param overlayBytes of its overlay's disk: a VM's own may be bigger, not smaller
     * @param workBytes of its work disk, which is filled and not in use: likewise, else a VM gets an empty one. That of
     *     an environment is in use
     * @param setup what made an environment of it; absent: nothing, it is as its image made it
     */
    @Json
    public record About(
            String engine,
            String image,
            String imageDigest,
            String kernelDigest,
            int vcpu,
            int memoryMib,
            long overlayBytes,
            long workBytes,
            long madeMillis,
            String createdAt,
            @Nullable Setup setup) {}

    /**
     * What was done in an environment before it was saved.
     *
     * @param repository the top of the work tree on the host
     * @param guestPath where it lies in the guest
     * @param setup the commands
     * @param files names of what they depend on
     */
    @Json
    public record Setup(String repository, String guestPath, List<String> setup, List<String> files, boolean nat) {}

    public Path memory() {
        return directory.resolve(MEMORY);
    }

    public Path overlay() {
        return directory.resolve(OVERLAY);
    }

    /** Of an environment. */
    public Path workspaces() {
        return directory.resolve(WORKSPACES);
    }

    /** There when its setup printed something. */
    public Path log() {
        return directory.resolve(LOG);
    }

    public Path work() {
        return directory.resolve(WORK);
    }

    /** Bytes on disk. */
    public long allocated() {
        return manifest.parts().stream().mapToLong(SealedParts.Part::allocated).sum();
    }
}
