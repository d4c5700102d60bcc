package banger.daemon.image;

import java.nio.file.Path;
import java.time.Instant;

/**
 * A root file system that VMs share, read-only.
 *
 * @param digest SHA-256 of the file
 * @param managed whether the file is ours; else the user's, and it may change under us
 * @param path the file itself
 * @param filesystem {@code ext4}
 * @param size bytes
 * @param source where it came from, for people: {@code recipe debian-minimal}
 */
public record Image(
        String name,
        String digest,
        boolean managed,
        Path path,
        String filesystem,
        long size,
        String source,
        Instant createdAt) {}
