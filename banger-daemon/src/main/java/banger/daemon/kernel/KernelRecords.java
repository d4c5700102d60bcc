package banger.daemon.kernel;

import banger.daemon.store.Database;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The table {@code kernels}: which name stands for which digest. */
final class KernelRecords {
    private static final String COLUMNS = "SELECT name, digest, release, source, imported_at FROM kernels";

    private final Database database;

    KernelRecords(Database database) {
        this.database = database;
    }

    /** A row. */
    record Row(String name, String digest, String release, String source, Instant importedAt) {}

    Optional<Row> find(String name) {
        return database.first(COLUMNS + " WHERE name = ?", KernelRecords::read, name);
    }

    Optional<Row> findByDigest(String digest) {
        return database.first(COLUMNS + " WHERE digest = ? ORDER BY name", KernelRecords::read, digest);
    }

    List<Row> all() {
        return database.query(COLUMNS + " ORDER BY name", KernelRecords::read);
    }

    void put(Row row) {
        database.update(
                "INSERT INTO kernels(name, digest, release, source, imported_at) VALUES (?, ?, ?, ?, ?)"
                        + " ON CONFLICT(name) DO UPDATE SET digest = excluded.digest, release = excluded.release,"
                        + " source = excluded.source, imported_at = excluded.imported_at",
                row.name(),
                row.digest(),
                row.release(),
                row.source(),
                row.importedAt().toEpochMilli());
    }

    void delete(String name) {
        database.update("DELETE FROM kernels WHERE name = ?", name);
    }

    private static Row read(ResultSet row) throws SQLException {
        return new Row(
                row.getString(1),
                row.getString(2),
                row.getString(3),
                row.getString(4),
                Instant.ofEpochMilli(row.getLong(5)));
    }
}
