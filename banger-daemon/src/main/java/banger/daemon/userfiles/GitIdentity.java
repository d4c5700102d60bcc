package banger.daemon.userfiles;

import banger.api.BangerException;
import banger.daemon.process.Command;
import banger.daemon.process.CommandRunner;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Optional;

/** Who the user is to git on the host: name and mail address, nothing else of the configuration. */
final class GitIdentity {
    private final Path home;
    private final CommandRunner commands;

    GitIdentity(Path home, CommandRunner commands) {
        this.home = home;
        this.commands = commands;
    }

    /** As text of a git configuration; empty where git is not there or knows nobody. */
    Optional<String> text() {
        var xdg = Optional.ofNullable(System.getenv("XDG_CONFIG_HOME"));
        var command = Command.of(
                        "git", "config", "--global", "--includes", "-z", "--get-regexp", "^user\\.(name|email)$")
                .in(home)
                .with("HOME", home.toString())
                .within(Duration.ofSeconds(5));
        if (xdg.isPresent()) command = command.with("XDG_CONFIG_HOME", xdg.get());
        try {
            var result = commands.run(command);
            return result.ok() ? format(result.out()) : Optional.empty();
        } catch (BangerException e) {
            // No git on the host, or one that does not answer: a guest without an identity asks for one.
            return Optional.empty();
        }
    }

    /** @param listed {@code key\nvalue\0}, the last of a key wins */
    static Optional<String> format(String listed) {
        var values = new LinkedHashMap<String, String>();
        for (var item : listed.split("\0")) {
            int end = item.indexOf('\n');
            if (end > 0) values.put(item.substring(item.indexOf('.') + 1, end), item.substring(end + 1));
        }
        values.values().removeIf(v -> v.isEmpty() || v.chars().anyMatch(c -> c < ' ' || c == 0x7f));
        if (values.isEmpty()) return Optional.empty();
        var text = new StringBuilder("[user]\n");
        values.forEach((key, value) -> text.append('\t')
                .append(key)
                .append(" = \"")
                .append(value.replace("\\", "\\\\").replace("\"", "\\\""))
                .append("\"\n"));
        return Optional.of(text.toString());
    }
}
