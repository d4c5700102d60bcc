package banger.daemon.store;

import banger.api.BangerException;
import banger.api.ErrorCode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The one connection to the state database and the lock around it. A transaction is on disk when
 * {@link #write} returns ({@code synchronous=FULL}).
 */
public final class Database implements AutoCloseable {
    private final Path file;
    private final Connection connection;
    private final ReentrantLock lock = new ReentrantLock();

    private Database(Path file, Connection connection) {
        this.file = file;
        this.connection = connection;
    }

    /**
     * Opens and migrates.
     *
     * @throws BangerException {@code state.newer} when a newer banger wrote it
     */
    public static Database open(Path file) {
        try {
            var connection = connect(file);
            var database = new Database(file, connection);
            Migrations.apply(file, connection);
            return database;
        } catch (SQLException e) {
            throw failure(file, e);
        }
    }

    static Connection connect(Path file) throws SQLException {
        var connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        try (var statement = connection.createStatement()) {
            statement.execute("PRAGMA journal_mode=WAL");
            statement.execute("PRAGMA synchronous=FULL");
            statement.execute("PRAGMA foreign_keys=ON");
            statement.execute("PRAGMA busy_timeout=5000");
        }
        return connection;
    }

    /** Work with the connection; what it throws undoes all of it. */
    @FunctionalInterface
    public interface Work<T> {
        T run(Connection connection) throws SQLException;
    }

    /** Reads one row. */
    @FunctionalInterface
    public interface RowReader<T> {
        T read(ResultSet row) throws SQLException;
    }

    /** Runs one transaction: all of it or nothing. */
    public <T> T write(Work<T> work) {
        lock.lock();
        try {
            connection.setAutoCommit(false);
            T result;
            try {
                result = work.run(connection);
                connection.commit();
            } catch (SQLException | RuntimeException e) {
                rollBack(e);
                throw e;
            }
            connection.setAutoCommit(true);
            return result;
        } catch (SQLException e) {
            throw failure(file, e);
        } finally {
            lock.unlock();
        }
    }

    /** On a full disk SQLite has rolled back by itself already, and refuses to end what has ended. */
    private void rollBack(Exception why) {
        try {
            connection.rollback();
        } catch (SQLException e) {
            why.addSuppressed(e);
        }
        try {
            connection.setAutoCommit(true);
        } catch (SQLException e) {
            why.addSuppressed(e);
        }
    }

    /** One statement that changes something; returns the number of rows. */
    public int update(String sql, Object... values) {
        return write(c -> execute(c, sql, values));
    }

    /** A statement inside {@link #write}. */
    public static int execute(Connection c, String sql, Object... values) throws SQLException {
        try (var statement = prepare(c, sql, values)) {
            return statement.executeUpdate();
        }
    }

    public <T> List<T> query(String sql, RowReader<T> reader, Object... values) {
        lock.lock();
        try {
            return query(connection, sql, reader, values);
        } catch (SQLException e) {
            throw failure(file, e);
        } finally {
            lock.unlock();
        }
    }

    /** A query inside {@link #write}. */
    public static <T> List<T> query(Connection c, String sql, RowReader<T> reader, Object... values)
            throws SQLException {
        try (var statement = prepare(c, sql, values);
                var rows = statement.executeQuery()) {
            var found = new ArrayList<T>();
            while (rows.next()) found.add(reader.read(rows));
            return found;
        }
    }

    public <T> Optional<T> first(String sql, RowReader<T> reader, Object... values) {
        return query(sql, reader, values).stream().findFirst();
    }

    private static PreparedStatement prepare(Connection c, String sql, Object... values) throws SQLException {
        var statement = c.prepareStatement(sql);
        for (int i = 0; i < values.length; i++) statement.setObject(i + 1, values[i]);
        return statement;
    }

    @Override
    public void close() {
        lock.lock();
        try {
            connection.close();
        } catch (SQLException e) {
            throw failure(file, e);
        } finally {
            lock.unlock();
        }
    }

    static BangerException failure(Path file, SQLException e) {
        var text = String.valueOf(e.getMessage());
        if (text.contains("SQLITE_FULL"))
            return new BangerException(
                            ErrorCode.HOST_DISK_FULL,
                            "state database " + file + ": the disk is full",
                            "make room, then again; banger image cache prune; banger vm prune")
                    .because(e);
        var hint = Files.isWritable(file.toAbsolutePath().getParent()) ? "" : " (its directory is not writable)";
        return new BangerException(ErrorCode.INTERNAL, "state database " + file + ": " + text + hint).because(e);
    }
}
