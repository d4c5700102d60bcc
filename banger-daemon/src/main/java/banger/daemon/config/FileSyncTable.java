package banger.daemon.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.tomlj.TomlArray;
import org.tomlj.TomlPosition;
import org.tomlj.TomlTable;

/** Reads {@code [[file_sync]]}. */
final class FileSyncTable {
    static final String KEY = "file_sync";
    private static final Set<String> KEYS = Set.of("host", "guest", "mode");
    private static final String DEFAULT_MODE = "0600";

    private final Path home;

    FileSyncTable(Path home) {
        this.home = home;
    }

    /** What is wrong with an entry, and where. */
    static final class Wrong extends RuntimeException {
        private static final long serialVersionUID = 1;
        final String key;
        final transient TomlPosition at;

        Wrong(String key, String what, TomlPosition at) {
            super(what);
            this.key = key;
            this.at = at;
        }
    }

    /** @throws Wrong at the first entry that makes no sense */
    List<FileSync> read(TomlArray array) {
        var entries = new ArrayList<FileSync>();
        for (int i = 0; i < array.size(); i++) {
            if (!(array.get(i) instanceof TomlTable table))
                throw new Wrong(KEY + "[" + i + "]", "must be a table", array.inputPositionOf(i));
            entries.add(entry(i, table, array.inputPositionOf(i)));
        }
        return List.copyOf(entries);
    }

    private FileSync entry(int index, TomlTable table, TomlPosition at) {
        for (var key : table.keySet())
            if (!KEYS.contains(key))
                throw new Wrong(name(index, key), "no such key; known: guest, host, mode", where(table, key, at));
        var host = text(index, table, "host", at);
        var guest = text(index, table, "guest", at);
        var mode = table.contains("mode") ? text(index, table, "mode", at) : DEFAULT_MODE;
        if (!mode.matches("0?[0-7]{3}"))
            throw new Wrong(name(index, "mode"), "must be permissions such as \"0600\"", where(table, "mode", at));
        return new FileSync(
                index,
                host(index, host, where(table, "host", at)),
                guest(index, guest, where(table, "guest", at)),
                Integer.parseInt(mode, 8));
    }

    private Path host(int index, String text, TomlPosition at) {
        Path path;
        if (text.startsWith("~/")) path = home.resolve(text.substring(2));
        else if (text.startsWith("/")) path = Path.of(text);
        else throw new Wrong(name(index, "host"), "must begin with ~/ or with /", at);
        if (!plain(text.replaceFirst("^~?/", "")))
            throw new Wrong(name(index, "host"), "must name a file or directory, without .. and .", at);
        if (!path.startsWith(home)) throw new Wrong(name(index, "host"), "must lie inside " + home, at);
        return path;
    }

    private static String guest(int index, String text, TomlPosition at) {
        String rest;
        if (text.startsWith("~/")) rest = text.substring(2);
        else if (text.startsWith("/root/")) rest = text.substring(6);
        else throw new Wrong(name(index, "guest"), "must begin with ~/ or /root/", at);
        if (!plain(rest)) throw new Wrong(name(index, "guest"), "must name a file or directory, without .. and .", at);
        return rest;
    }

    private static boolean plain(String path) {
        if (path.indexOf('\0') >= 0) return false;
        for (var part : path.split("/", -1)) if (part.isEmpty() || part.equals(".") || part.equals("..")) return false;
        return true;
    }

    private static String text(int index, TomlTable table, String key, TomlPosition at) {
        if (!table.contains(key)) throw new Wrong(name(index, key), "is missing", at);
        if (table.get(key) instanceof String text && !text.isEmpty()) return text;
        throw new Wrong(name(index, key), "must be text in quotes", where(table, key, at));
    }

    private static TomlPosition where(TomlTable table, String key, TomlPosition otherwise) {
        var position = table.inputPositionOf(key);
        return position == null ? otherwise : position;
    }

    private static String name(int index, String key) {
        return KEY + "[" + index + "]." + key;
    }
}
