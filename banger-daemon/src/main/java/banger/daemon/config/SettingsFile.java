package banger.daemon.config;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Printable;
import banger.api.Size;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.tomlj.Toml;
import org.tomlj.TomlArray;
import org.tomlj.TomlParseResult;
import org.tomlj.TomlTable;

/** Reads {@code config.toml}: a key we do not know and a value of the wrong type are refused where they stand. */
public final class SettingsFile {
    private static final String OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
    private static final String IPV4 = OCTET + "(\\." + OCTET + "){3}";

    private final Path file;
    private final TomlParseResult toml;
    private final Set<String> known = new HashSet<>();

    private SettingsFile(Path file, TomlParseResult toml) {
        this.file = file;
        this.toml = toml;
    }

    /**
     * @param home what {@code ~/} stands for
     * @throws BangerException {@code config.invalid} naming file, line and column
     */
    public static Settings read(Path file, Path home) {
        if (!Files.exists(file)) return Settings.DEFAULT;
        TomlParseResult toml;
        try {
            toml = Toml.parse(file);
        } catch (IOException e) {
            throw new BangerException(ErrorCode.CONFIG_INVALID, "config " + file + ": " + e.getMessage()).because(e);
        }
        if (toml.hasErrors()) {
            var error = toml.errors().getFirst();
            throw new BangerException(
                    ErrorCode.CONFIG_INVALID,
                    "config " + file + ":" + error.position().line() + ":"
                            + error.position().column() + ": " + Printable.line(String.valueOf(error.getMessage())));
        }
        return new SettingsFile(file, toml).settings(home);
    }

    private Settings settings(Path home) {
        var d = Settings.DEFAULT;
        var settings = new Settings(
                text("default_image_name", s -> s).orElse(d.defaultImage()),
                text("default_kernel_name", s -> s).orElse(d.defaultKernel()),
                text("engine", s -> oneOf(s, "auto", "qemu", "firecracker")).orElse(d.engine()),
                text("ssh_key_path", s -> path(s, home)),
                text("qemu_bin", s -> path(s, home)),
                text("firecracker_bin", s -> path(s, home)),
                text("firecracker_mirror", s -> matching(s, "https?://[^\\s]+", "an http or https address"))
                        .map(s -> s.endsWith("/") ? s : s + "/")
                        .orElse(d.firecrackerMirror()),
                text("bridge_name", s -> matching(s, "br-banger(-[a-z0-9]{1,5})?", "br-banger or br-banger-NAME"))
                        .orElse(d.bridge()),
                text("bridge_ip", s -> matching(s, IPV4, "an IPv4 address")).orElse(d.gateway()),
                number("cidr", 8, 30).map(Long::intValue).orElse(d.prefix()),
                text("default_dns", s -> matching(s, IPV4, "an IPv4 address")).orElse(d.dns()),
                text("debian_mirror", s -> matching(s, "https?://[^\\s]+", "an http or https address"))
                        .orElse(d.mirror()),
                text("log_level", s -> oneOf(s, "debug", "info", "warn", "error"))
                        .orElse(d.logLevel()),
                number("start_timeout_seconds", 1, 3600)
                        .map(Duration::ofSeconds)
                        .orElse(d.startTimeout()),
                number("stop_timeout_seconds", 1, 3600).map(Duration::ofSeconds).orElse(d.stopTimeout()),
                number("vm_defaults.vcpu", 1, 256).map(Long::intValue),
                number("vm_defaults.memory_mib", 64, 1 << 24).map(Long::intValue),
                text("vm_defaults.disk_size", s -> Size.parse("vm_defaults.disk_size", s)),
                text("vm_defaults.system_overlay_size", s -> Size.parse("vm_defaults.system_overlay_size", s)),
                fileSync(home),
                text("templates", s -> oneOf(s, "auto", "manual", "off")).orElse(d.templates()),
                text("template_budget", s -> Size.parse("template_budget", s)).orElse(d.templateBudget()),
                text("environment_budget", s -> Size.parse("environment_budget", s))
                        .orElse(d.environmentBudget()),
                text("checkpoint_budget", s -> Size.parse("checkpoint_budget", s))
                        .orElse(d.checkpointBudget()),
                text("vm.checkpoint", s -> oneOf(s, "off", "exec"))
                        .map("exec"::equals)
                        .orElse(d.checkpoints()));
        refuseUnknown();
        checkGateway(settings.gateway(), settings.prefix());
        return settings;
    }

    /** A gateway is a host of its network: neither its first nor its last address. */
    private void checkGateway(String gateway, int prefix) {
        long number = 0;
        for (var part : gateway.split("\\.")) number = number << 8 | Integer.parseInt(part);
        long host = number & (1L << 32 - prefix) - 1;
        if (host == 0 || host == (1L << 32 - prefix) - 1)
            throw wrong("bridge_ip", "must not be the first or last address of its /" + prefix + " network", List.of());
    }

    private List<FileSync> fileSync(Path home) {
        known.add(FileSyncTable.KEY);
        if (!toml.contains(FileSyncTable.KEY)) return List.of();
        if (!(toml.get(FileSyncTable.KEY) instanceof TomlArray array))
            throw wrong(FileSyncTable.KEY, "must be a list of tables: [[file_sync]]", List.of());
        try {
            return new FileSyncTable(home).read(array);
        } catch (FileSyncTable.Wrong e) {
            throw wrong(e.at.line() + ":" + e.at.column(), e.key, String.valueOf(e.getMessage()), List.of());
        }
    }

    private void refuseUnknown() {
        for (var key : toml.dottedKeySet(true)) {
            if (known.contains(key)) continue;
            if (known.stream().anyMatch(k -> k.startsWith(key + "."))) {
                if (toml.get(key) instanceof TomlTable) continue;
                throw wrong(key, "must be a table", List.of());
            }
            throw wrong(
                    key,
                    "no such key",
                    List.of("known: "
                            + String.join(", ", known.stream().sorted().toList())));
        }
    }

    private <T> Optional<T> text(String key, Function<String, T> parse) {
        known.add(key);
        if (!toml.contains(key)) return Optional.empty();
        if (!(toml.get(key) instanceof String text)) throw wrong(key, "must be text in quotes", List.of());
        try {
            return Optional.of(parse.apply(text));
        } catch (IllegalArgumentException e) {
            throw wrong(key, "must be " + e.getMessage(), List.of());
        } catch (BangerException e) {
            throw wrong(key, "must be a size such as \"8G\"", List.of());
        }
    }

    private Optional<Long> number(String key, long least, long most) {
        known.add(key);
        if (!toml.contains(key)) return Optional.empty();
        if (!(toml.get(key) instanceof Long number) || number < least || number > most)
            throw wrong(key, "must be a whole number from " + least + " to " + most, List.of());
        return Optional.of(number);
    }

    private static Path path(String text, Path home) {
        if (text.startsWith("~/")) return home.resolve(text.substring(2));
        if (!text.startsWith("/")) throw new IllegalArgumentException("an absolute path, or one that begins with ~/");
        return Path.of(text);
    }

    private static String oneOf(String text, String... words) {
        if (!List.of(words).contains(text)) throw new IllegalArgumentException("one of " + String.join(", ", words));
        return text;
    }

    private static String matching(String text, String pattern, String what) {
        if (!text.matches(pattern)) throw new IllegalArgumentException(what);
        return text;
    }

    private BangerException wrong(String key, String what, List<String> more) {
        return wrong(position(key), key, what, more);
    }

    private BangerException wrong(String position, String key, String what, List<String> more) {
        return new BangerException(
                ErrorCode.CONFIG_INVALID,
                "config " + file + ":" + position + ": " + Printable.line(key) + ": " + what,
                new ArrayList<>(more));
    }

    /** {@code line:column}; for a key inside a table, the key's own place. */
    private String position(String key) {
        var position = toml.inputPositionOf(key);
        if (position == null) {
            int dot = key.lastIndexOf('.');
            var table = dot < 0 ? toml : toml.get(key.substring(0, dot));
            if (table instanceof TomlTable t) position = t.inputPositionOf(key.substring(dot + 1));
        }
        return position == null ? "1:1" : position.line() + ":" + position.column();
    }
}
