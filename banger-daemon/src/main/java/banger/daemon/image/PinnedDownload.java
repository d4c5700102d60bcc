package banger.daemon.image;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.daemon.publish.Download;
import banger.daemon.publish.Staging;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Base64;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/**
 * Fetches what a recipe adds from elsewhere, over https, and only lets through the bytes whose hash the
 * recipe names. Kept in a cache, and hashed again when taken from it.
 */
final class PinnedDownload {
    private static final Download DOWNLOAD =
            new Download(Duration.ofSeconds(20), Duration.ofMinutes(1), HttpClient.Redirect.NEVER);

    /** The executable may be this much larger than its archive. */
    private static final int MAX_RATIO = 20;

    private final Path cache;

    PinnedDownload(Path cache) {
        this.cache = cache;
    }

    /** Writes the one member to {@code target}, executable for all. */
    void extract(Recipe.Addition addition, Path target) throws IOException, InterruptedException {
        var archive = fetch(addition);
        try (var tar = new TarArchiveInputStream(
                new GZIPInputStream(new BufferedInputStream(Files.newInputStream(archive)), 1 << 16))) {
            for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                if (!entry.getName().equals(addition.member())) continue;
                if (!entry.isFile() || entry.getSize() > addition.size() * MAX_RATIO)
                    throw failed(addition, addition.member() + " is no file or too large");
                Files.copy(tar, target);
                Files.setPosixFilePermissions(
                        target, java.nio.file.attribute.PosixFilePermissions.fromString("rwxr-xr-x"));
                return;
            }
        }
        throw failed(addition, "it has no " + addition.member());
    }

    private Path fetch(Recipe.Addition addition) throws IOException, InterruptedException {
        Files.createDirectories(cache);
        var name = addition.url().substring(addition.url().lastIndexOf('/') + 1);
        var file = cache.resolve(name.replaceAll("[^A-Za-z0-9._-]", "_"));
        if (Files.isRegularFile(file)
                && Files.size(file) == addition.size()
                && hash(file).equals(addition.integrity())) return file;
        var temporary = cache.resolve(".download-" + Staging.randomName());
        try {
            download(addition, temporary);
            if (!hash(temporary).equals(addition.integrity()))
                throw failed(addition, "its bytes are not the ones this banger knows");
            Files.move(temporary, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
            return file;
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    private static void download(Recipe.Addition addition, Path to) throws IOException, InterruptedException {
        try {
            DOWNLOAD.fetch(URI.create(addition.url()), to, addition.size(), n -> {});
        } catch (Download.Refused e) {
            throw failed(addition, String.valueOf(e.getMessage())).because(e);
        }
    }

    private static String hash(Path file) throws IOException {
        try (var in = Files.newInputStream(file)) {
            var digest = MessageDigest.getInstance("SHA-512");
            var buffer = new byte[1 << 20];
            for (int n; (n = in.read(buffer)) >= 0; ) digest.update(buffer, 0, n);
            return "sha512-" + Base64.getEncoder().encodeToString(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static BangerException failed(Recipe.Addition addition, String why) {
        return new BangerException(ErrorCode.IMAGE_BUILD_FAILED, addition.url() + ": " + why);
    }
}
