package banger.cli.environment;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Printable;
import banger.api.Size;
import banger.workspace.RepoPath;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.tomlj.Toml;
import org.tomlj.TomlArray;
import org.tomlj.TomlPosition;
import org.tomlj.TomlTable;

/** Reads {@code .banger.toml}: a key we do not know and a value of the wrong type are refused where they stand. */
final class EnvironmentToml {
    private static final String TABLE = "environment";
    private static final List<String> KNOWN = List.of("setup", "keys", "secrets", "image", "vcpu", "memory", "nat");
    private static final int MOST_VCPUS = 256;
    private static final int MOST_IN_A_LIST = 100;

    private final String shown;
    private final TomlTable table;

    private EnvironmentToml(String shown, TomlTable table) {
        this.shown = shown;
        this.table = table;
    }

    static EnvironmentToml read(String shown, byte[] content) {
        var toml = Toml.parse(text(shown, content));
        if (toml.hasErrors()) {
            var error = toml.errors().getFirst();
            throw wrong(shown, error.position(), Printable.line(String.valueOf(error.getMessage())));
        }
        for (var key : toml.keySet())
            if (!key.equals(TABLE))
                throw wrong(
                        shown,
                        toml.inputPositionOf(List.of(key)),
                        Printable.line(key) + ": no such key",
                        "all it may have is the table [" + TABLE + "]");
        if (!toml.contains(TABLE)) throw wrong(shown, TomlPosition.positionAt(1, 1), "has no table [" + TABLE + "]");
        if (!(toml.get(TABLE) instanceof TomlTable table))
            throw wrong(shown, toml.inputPositionOf(TABLE), TABLE + ": must be a table");
        var read = new EnvironmentToml(shown, table);
        for (var key : table.keySet())
            if (!KNOWN.contains(key)) throw read.wrong(key, "no such key", "known: " + String.join(", ", KNOWN));
        return read;
    }

    private static String text(String shown, byte[] content) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(content))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new BangerException(ErrorCode.CONFIG_INVALID, shown + ": not text in UTF-8").because(e);
        }
    }

    EnvironmentFile file(String digest) {
        return new EnvironmentFile(
                digest,
                list("setup", this::command),
                list("keys", EnvironmentToml::name),
                list("secrets", EnvironmentToml::variable),
                value("image", String.class, "text in quotes").map(this::image),
                value("vcpu", Long.class, "a whole number").map(this::vcpu),
                value("memory", String.class, "a size such as \"2G\"").map(this::memory),
                value("nat", Boolean.class, "true or false").orElse(false));
    }

    private <T> Optional<T> value(String key, Class<T> type, String what) {
        var value = table.get(List.of(key));
        if (value == null) return Optional.empty();
        if (!type.isInstance(value)) throw wrong(key, "must be " + what);
        return Optional.of(type.cast(value));
    }

    private <T> List<T> list(String key, Function<String, T> parse) {
        var array = value(key, TomlArray.class, "a list of texts in quotes");
        var all = new ArrayList<T>();
        for (int i = 0; i < array.map(TomlArray::size).orElse(0); i++) {
            var at = array.get().inputPositionOf(i);
            if (i == MOST_IN_A_LIST) throw wrong(shown, at, key + ": over " + MOST_IN_A_LIST + " entries");
            if (!(array.get().get(i) instanceof String text)) throw wrong(shown, at, key + ": must be text in quotes");
            try {
                all.add(parse.apply(text));
            } catch (IllegalArgumentException e) {
                throw wrong(shown, at, key + ": " + Printable.quote(text) + ": " + e.getMessage());
            }
        }
        return List.copyOf(all);
    }

    private String command(String text) {
        if (text.isBlank()) throw new IllegalArgumentException("no command");
        if (text.indexOf('\0') >= 0) throw new IllegalArgumentException("a command cannot hold a NUL");
        return text;
    }

    private static RepoPath name(String text) {
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        if (!RepoPath.valid(bytes))
            throw new IllegalArgumentException("must be a file's name from the top of the repository");
        return RepoPath.of(bytes);
    }

    private static String variable(String text) {
        if (!text.matches("[A-Za-z_][A-Za-z0-9_]{0,127}"))
            throw new IllegalArgumentException("must be the name of a variable");
        return text;
    }

    private String image(String text) {
        if (text.isBlank()) throw wrong("image", "must be an image's name");
        return text;
    }

    private int vcpu(long n) {
        if (n < 1 || n > MOST_VCPUS) throw wrong("vcpu", "must be a whole number from 1 to " + MOST_VCPUS);
        return (int) n;
    }

    private int memory(String text) {
        try {
            return Math.toIntExact(Size.parse("memory", text) / Size.MIB);
        } catch (BangerException | ArithmeticException e) {
            throw wrong("memory", "must be a size such as \"2G\"");
        }
    }

    private BangerException wrong(String key, String what, String... remedies) {
        return wrong(shown, table.inputPositionOf(List.of(key)), Printable.line(key) + ": " + what, remedies);
    }

    private static BangerException wrong(String shown, TomlPosition at, String what, String... remedies) {
        var where = at == null ? "1:1" : at.line() + ":" + at.column();
        return new BangerException(ErrorCode.CONFIG_INVALID, shown + ":" + where + ": " + what, remedies);
    }
}
