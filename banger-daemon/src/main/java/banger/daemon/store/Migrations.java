package banger.daemon.store;

import banger.api.BangerException;
import banger.api.ErrorCode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;

/** The schema's versions: {@code PRAGMA user_version} counts the numbered scripts that have run. */
public final class Migrations {
    /** In order; a script that was released is never changed. */
    private static final List<String> SCRIPTS = List.of("001-baseline.sql");

    /** What {@code bangerd --check-migrations} answers; the ordinal is the exit status. */
    public enum Check {
        UP_TO_DATE,
        PENDING,
        NEWER
    }

    private Migrations() {}

    /** Compares without changing anything. A database that is not there is pending. */
    public static Check check(Path file) {
        if (!Files.exists(file)) return Check.PENDING;
        try (var connection = DriverManager.getConnection("jdbc:sqlite:file:" + file + "?mode=ro")) {
            return compare(version(connection));
        } catch (SQLException e) {
            throw Database.failure(file, e);
        }
    }

    static void apply(Path file, Connection connection) throws SQLException {
        if (compare(version(connection)) == Check.NEWER)
            throw new BangerException(
                    ErrorCode.STATE_NEWER,
                    "state database " + file + ": written by a newer banger (schema " + version(connection)
                            + ", this one knows " + SCRIPTS.size() + ")",
                    "run the newer banger, or point BANGER_HOME at another directory");
        for (int done = version(connection); done < SCRIPTS.size(); done++) step(connection, done);
    }

    private static void step(Connection connection, int done) throws SQLException {
        connection.setAutoCommit(false);
        try (var statement = connection.createStatement()) {
            for (var sql : read(SCRIPTS.get(done)).split(";\\s*\n")) if (!sql.isBlank()) statement.execute(sql);
            statement.execute("PRAGMA user_version=" + (done + 1));
            connection.commit();
        } catch (SQLException e) {
            connection.rollback();
            throw e;
        } finally {
            connection.setAutoCommit(true);
        }
    }

    private static Check compare(int version) {
        if (version > SCRIPTS.size()) return Check.NEWER;
        return version == SCRIPTS.size() ? Check.UP_TO_DATE : Check.PENDING;
    }

    private static int version(Connection connection) throws SQLException {
        return Database.query(connection, "PRAGMA user_version", row -> row.getInt(1))
                .getFirst();
    }

    private static String read(String script) {
        try (var in = Migrations.class.getResourceAsStream(script)) {
            if (in == null) throw new IllegalStateException("no resource " + script);
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
