package banger.daemon.image;

import banger.daemon.store.Database;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The table {@code images}. */
final class ImageRecords {
    private static final String COLUMNS =
            "SELECT name, digest, managed, path, filesystem, size, source, created_at FROM images";

    private final Database database;

    ImageRecords(Database database) {
        this.database = database;
    }

    Optional<Image> find(String name) {
        return database.first(COLUMNS + " WHERE name = ?", ImageRecords::read, name);
    }

    /** All names of one digest, managed ones first. */
    List<Image> withDigest(String digest) {
        return database.query(COLUMNS + " WHERE digest = ? ORDER BY managed DESC, name", ImageRecords::read, digest);
    }

    List<Image> all() {
        return database.query(COLUMNS + " ORDER BY name", ImageRecords::read);
    }

    /** A new one, or in place of the one of that name. */
    void put(Image image) {
        database.update(
                "INSERT INTO images(name, digest, managed, path, filesystem, size, source, created_at)"
                        + " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
                        + " ON CONFLICT(name) DO UPDATE SET digest = excluded.digest, managed = excluded.managed,"
                        + " path = excluded.path, filesystem = excluded.filesystem, size = excluded.size,"
                        + " source = excluded.source, created_at = excluded.created_at",
                image.name(),
                image.digest(),
                image.managed() ? 1 : 0,
                image.path().toString(),
                image.filesystem(),
                image.size(),
                image.source(),
                image.createdAt().toEpochMilli());
    }

    void delete(String name) {
        database.update("DELETE FROM images WHERE name = ?", name);
    }

    private static Image read(ResultSet row) throws SQLException {
        return new Image(
                row.getString(1),
                row.getString(2),
                row.getInt(3) != 0,
                Path.of(row.getString(4)),
                row.getString(5),
                row.getLong(6),
                row.getString(7),
                Instant.ofEpochMilli(row.getLong(8)));
    }
}
