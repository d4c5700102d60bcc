package banger.e2e;

import banger.api.model.ImageInfo;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * A home with kernel and image in it, made once on this machine through banger itself and kept below
 * the user's cache. Tests get copies whose big files are hard links: copying takes milliseconds.
 */
final class Prepared {
    static final String IMAGE = "debian-minimal";

    /**
     * The same without systemd: our init stays and reaps. A VM of it takes a fifth of the processor time,
     * enough for a test whose subject is the host.
     */
    static final String NO_INIT = "debian-no-init";

    private static final Path NO_INIT_FILE = Path.of("no-init/rootfs.ext4");

    private static boolean made;

    private Prepared() {}

    static Path cache() {
        var xdg = System.getenv().getOrDefault("XDG_CACHE_HOME", "");
        var base = xdg.startsWith("/") ? Path.of(xdg) : Path.of(System.getProperty("user.home"), ".cache");
        return base.resolve("banger-tests");
    }

    /** Packages and other downloads, the same for all homes. */
    static Path downloads() throws IOException {
        return Files.createDirectories(cache().resolve("downloads"));
    }

    /** Named after what decides how images and kernels are made: another recipe means another home. */
    private static Path home() throws IOException {
        return cache().resolve(key());
    }

    /** Where copies are made: on the file system of the original, so that hard links can be. */
    static Path place() throws IOException {
        Files.createDirectories(cache());
        var tmp = Path.of("/tmp");
        return Files.getFileStore(tmp).equals(Files.getFileStore(cache())) ? tmp : cache();
    }

    static String key() throws IOException {
        return key("(image|kernel|store)");
    }

    /** A word for how these packages of the daemon are today. */
    static String key(String packages) throws IOException {
        try (var libraries =
                        Files.newDirectoryStream(Product.directory().resolve("lib/daemon"), "banger-daemon-*.jar");
                var jar = new ZipFile(libraries.iterator().next().toFile())) {
            var digest = MessageDigest.getInstance("SHA-256");
            var names = jar.stream()
                    .map(ZipEntry::getName)
                    .filter(n -> n.matches("banger/daemon/" + packages + "/.*[^/]"))
                    .sorted()
                    .toList();
            for (var name : names)
                digest.update(jar.getInputStream(jar.getEntry(name)).readAllBytes());
            return HexFormat.of().formatHex(digest.digest()).substring(0, 10);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Puts kernel and image into a new home. */
    static synchronized void copyInto(Path copy) {
        try {
            Files.createDirectories(cache());
            var lock = cache().resolve("lock");
            try (var channel = FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    var _ = channel.lock()) {
                if (!made) make();
                made = true;
                link(home(), copy);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void make() throws IOException {
        var home = home();
        if (!Files.isDirectory(home)) forgetOld();
        Files.createDirectories(home);
        Files.setLastModifiedTime(home, FileTime.from(Instant.now()));
        // Downloads are shared by all of them, whatever their recipes.
        if (!Files.exists(home.resolve("cache"), LinkOption.NOFOLLOW_LINKS))
            Files.createSymbolicLink(home.resolve("cache"), downloads());
        // Fetches and builds what is missing, and makes the initrd of today's guest program.
        var banger = new Home(home);
        banger.banger("vm", "create", "--no-start", "--name", "prepared", "--image", IMAGE)
                .within(java.time.Duration.ofMinutes(15))
                .run()
                .ok();
        banger.run("vm", "delete", "prepared").ok();
        if (banger.run("image", "show", NO_INIT).status() != 0) makeWithoutInit(banger);
        banger.run("daemon", "stop").ok();
    }

    private static void makeWithoutInit(Home home) throws IOException {
        var digest = home.client().get("/v1/images/" + IMAGE, ImageInfo.class).digest();
        var image = home.path().resolve(NO_INIT_FILE);
        Files.createDirectories(image.getParent());
        Files.copy(
                home.state().resolve("images").resolve(digest).resolve("rootfs.ext4"),
                image,
                StandardCopyOption.REPLACE_EXISTING);
        image.toFile().setWritable(true);
        for (var init : List.of("/usr/sbin/init", "/usr/lib/systemd/systemd"))
            new Program(List.of("debugfs", "-w", "-R", "rm " + init, image.toString()), home.environment())
                    .run()
                    .ok();
        home.run("image", "register", "--name", NO_INIT, "--rootfs", image.toString())
                .ok();
    }

    /** What nobody used for a week. */
    private static void forgetOld() throws IOException {
        try (var homes = Files.newDirectoryStream(cache(), "[0-9a-f]*")) {
            for (var old : homes)
                if (old.getFileName().toString().length() == 10 && unusedForLong(old)) Trees.delete(old);
        }
    }

    static boolean unusedForLong(Path home) throws IOException {
        return Files.getLastModifiedTime(home)
                .toInstant()
                .isBefore(Instant.now().minus(7, ChronoUnit.DAYS));
    }

    private static void link(Path from, Path to) throws IOException {
        Files.createDirectories(to.resolve("state"));
        for (var part : List.of("images", "kernels"))
            Trees.link(from.resolve("state").resolve(part), to.resolve("state").resolve(part));
        Trees.link(
                from.resolve(NO_INIT_FILE).getParent(), to.resolve(NO_INIT_FILE).getParent());
        var database = to.resolve("state/banger.db");
        Files.copy(from.resolve("state/banger.db"), database);
        var log = from.resolve("state/banger.db-wal");
        if (Files.exists(log)) Files.copy(log, to.resolve("state/banger.db-wal"));
        try (var connection = DriverManager.getConnection("jdbc:sqlite:" + database)) {
            move(connection, from, to);
            identify(connection, to);
        } catch (SQLException e) {
            throw new IOException(e);
        }
    }

    /** Writes into a copy's database that its home will lie somewhere else. */
    static void move(Path database, Path from, Path to) {
        try (var connection = DriverManager.getConnection("jdbc:sqlite:" + database)) {
            move(connection, from, to);
        } catch (SQLException e) {
            throw new UncheckedIOException(new IOException(e));
        }
    }

    private static void move(Connection connection, Path from, Path to) throws SQLException {
        move(connection, "UPDATE images SET path = replace(path, ?, ?)", from, to);
        move(connection, "UPDATE file_identities SET path = replace(path, ?, ?)", from, to);
    }

    private static void move(Connection connection, String sql, Path from, Path to) throws SQLException {
        try (var statement = connection.prepareStatement(sql)) {
            statement.setString(1, from + "/");
            statement.setString(2, to + "/");
            statement.executeUpdate();
        }
    }

    /** A new link changes a file's ctime: without this every copy would be hashed again, seconds each. */
    private static void identify(Connection connection, Path home) throws SQLException, IOException {
        try (var rows = connection.prepareStatement("SELECT path FROM file_identities");
                var update = connection.prepareStatement("UPDATE file_identities SET identity = ? WHERE path = ?");
                var paths = rows.executeQuery()) {
            while (paths.next()) {
                var path = Path.of(paths.getString(1));
                if (path.startsWith(home) && Files.exists(path)) identify(update, path);
            }
        }
    }

    private static void identify(PreparedStatement update, Path path) throws SQLException, IOException {
        Map<String, Object> stat = Files.readAttributes(path, "unix:dev,ino,size,lastModifiedTime,ctime");
        update.setString(
                1,
                stat.get("dev") + ":" + stat.get("ino") + ":" + stat.get("size") + ":"
                        + ((FileTime) stat.get("lastModifiedTime")).to(TimeUnit.NANOSECONDS) + ":"
                        + ((FileTime) stat.get("ctime")).to(TimeUnit.NANOSECONDS));
        update.setString(2, path.toString());
        update.executeUpdate();
    }
}
