package banger.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.BangerException;
import banger.daemon.config.Settings;
import banger.daemon.config.SettingsFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigurationTest {
    private static final Path HOME = Path.of("/home/sam");

    private final Document configuration = Document.of("docs/configuration.md");

    @TempDir
    Path directory;

    @Test
    void hasExactlyTheKeysThatAreKnown() throws IOException {
        var file = Files.writeString(directory.resolve("config.toml"), "no_such_key = 1\n");
        assertThatThrownBy(() -> SettingsFile.read(file, HOME))
                .isInstanceOfSatisfying(
                        BangerException.class, e -> assertThat(keys()).containsExactlyInAnyOrderElementsOf(known(e)));
    }

    private static List<String> known(BangerException refused) {
        return List.of(
                refused.remedies().getFirst().replaceFirst("^known: ", "").split(", "));
    }

    private List<String> keys() {
        return configuration.firstCells("## Keys");
    }

    @Test
    void saysTheDefaults() {
        var d = Settings.DEFAULT;
        var defaults = Map.of(
                "default_image_name", "\"" + d.defaultImage() + "\"",
                "default_kernel_name", "\"" + d.defaultKernel() + "\"",
                "engine", "\"" + d.engine() + "\"",
                "bridge_name", "\"" + d.bridge() + "\"",
                "bridge_ip", "\"" + d.gateway() + "\"",
                "cidr", Integer.toString(d.prefix()),
                "default_dns", "\"" + d.dns() + "\"",
                "debian_mirror", "\"" + d.mirror() + "\"",
                "log_level", "\"" + d.logLevel() + "\"",
                "start_timeout_seconds", Long.toString(d.startTimeout().toSeconds()));
        defaults.forEach((key, value) ->
                assertThat(configuration.text()).as(key).contains("\n| `" + key + "` | `" + value + "` | "));
        assertThat(configuration.text())
                .contains("\n| `stop_timeout_seconds` | `" + d.stopTimeout().toSeconds() + "` | ");
    }

    @Test
    void itsExampleIsAccepted() throws IOException {
        var example = configuration.blocks().getFirst();
        var file = Files.writeString(directory.resolve("config.toml"), example);
        assertThat(SettingsFile.read(file, HOME)).isNotEqualTo(Settings.DEFAULT);
    }
}
