package banger.daemon.publish;

import banger.daemon.store.Database;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Whether a published file still has the bytes it was published with. Hashing a gibibyte costs most of
 * a second, so a file whose {@link FileIdentity} is the one of its last hashing is taken as unchanged;
 * one that differs is hashed again.
 */
public final class PublishedFiles {
    private final Database database;

    public PublishedFiles(Database database) {
        this.database = database;
    }

    private record Known(String sha256, String identity) {}

    /** Remembers a file that was just hashed. */
    public void published(Path file, String sha256) {
        try {
            remember(file, sha256, FileIdentity.of(file));
        } catch (IOException e) {
            throw Failures.of(file.toString(), e);
        }
    }

    /** The hash a file had when it was last looked at. */
    public Optional<String> known(Path file) {
        return read(file).map(Known::sha256);
    }

    /** Whether the file is there, regular, and has this hash. */
    public boolean intact(Path file, String sha256) {
        try {
            if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) return false;
            var identity = FileIdentity.of(file);
            var known = read(file);
            if (known.isPresent()
                    && known.get().identity().equals(identity.text())
                    && known.get().sha256().equals(sha256)) return true;
            if (!Sha256.of(file).equals(sha256)) return false;
            remember(file, sha256, identity);
            return true;
        } catch (NoSuchFileException e) {
            return false;
        } catch (IOException e) {
            throw Failures.of(file.toString(), e);
        }
    }

    /** Hashes again whatever the identity says: what {@code doctor --deep} asks. */
    public boolean intactDeep(Path file, String sha256) {
        forget(file);
        return intact(file, sha256);
    }

    public void forget(Path file) {
        database.update("DELETE FROM file_identities WHERE path = ?", file.toString());
    }

    private Optional<Known> read(Path file) {
        return database.first(
                "SELECT sha256, identity FROM file_identities WHERE path = ?",
                row -> new Known(row.getString(1), row.getString(2)),
                file.toString());
    }

    private void remember(Path file, String sha256, FileIdentity identity) {
        database.update(
                "INSERT INTO file_identities(path, sha256, identity) VALUES (?, ?, ?)"
                        + " ON CONFLICT(path) DO UPDATE SET sha256 = excluded.sha256, identity = excluded.identity",
                file.toString(),
                sha256,
                identity.text());
    }
}
