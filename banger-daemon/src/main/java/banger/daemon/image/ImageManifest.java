package banger.daemon.image;

import io.avaje.jsonb.Json;

/**
 * {@code manifest.json}: what an image's directory holds, for whoever finds it without the database.
 *
 * @param format 1
 * @param sha256 of {@code rootfs.ext4}; names the directory
 */
@Json
public record ImageManifest(int format, String name, String source, String filesystem, String sha256, long size) {
    static final int FORMAT = 1;
}
