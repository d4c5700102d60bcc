package banger.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LayoutTest {
    private static final Path HOME = Path.of("/home/sam");

    @Test
    void withoutAnythingSetItIsTheXdgDefaults() {
        assertThat(Layout.of(Map.of(), HOME))
                .isEqualTo(new Layout(
                        Path.of("/home/sam/.local/state/banger"),
                        Path.of("/home/sam/.cache/banger"),
                        Path.of("/home/sam/.local/state/banger/run"),
                        Path.of("/home/sam/.config/banger/config.toml")));
    }

    @Test
    void xdgVariablesCountButForTheRuntimeDirectory() {
        var layout = Layout.of(
                Map.of(
                        "XDG_STATE_HOME", "/s",
                        "XDG_CACHE_HOME", "/c",
                        "XDG_CONFIG_HOME", "/e",
                        "XDG_RUNTIME_DIR", "/run/user/1000"),
                HOME);
        assertThat(layout)
                .isEqualTo(new Layout(
                        Path.of("/s/banger"),
                        Path.of("/c/banger"),
                        Path.of("/s/banger/run"),
                        Path.of("/e/banger/config.toml")));
    }

    @Test
    void relativeAndEmptyXdgVariablesAreIgnored() {
        assertThat(Layout.of(Map.of("XDG_STATE_HOME", "state", "XDG_CACHE_HOME", "", "XDG_CONFIG_HOME", "~/.c"), HOME))
                .isEqualTo(Layout.of(Map.of(), HOME));
    }

    @Test
    void bangerHomeHoldsAllAndWins() {
        var layout = Layout.of(Map.of("BANGER_HOME", "/tmp/x/../b", "XDG_STATE_HOME", "/s"), HOME);
        assertThat(layout)
                .isEqualTo(new Layout(
                        Path.of("/tmp/b/state"),
                        Path.of("/tmp/b/cache"),
                        Path.of("/tmp/b/state/run"),
                        Path.of("/tmp/b/config/config.toml")));
        assertThat(Layout.of(Map.of("BANGER_HOME", ""), HOME)).isEqualTo(Layout.of(Map.of(), HOME));
        assertThat(Layout.of(Map.of("BANGER_HOME", "trial"), HOME).state()).isAbsolute();
    }

    @Test
    void nothingLiesOutsideTheThreeDirectories() {
        var layout = Layout.of(Map.of("BANGER_HOME", "/b"), HOME);
        assertThat(List.of(
                        layout.database(),
                        layout.lock(),
                        layout.socket(),
                        layout.daemonLog(),
                        layout.logs(),
                        layout.images(),
                        layout.kernels(),
                        layout.blanks(),
                        layout.ssh(),
                        layout.vms(),
                        layout.vmRuns(),
                        layout.net()))
                .doesNotHaveDuplicates()
                .allMatch(p -> p.startsWith("/b"));
        assertThat(List.of(layout.lock(), layout.socket(), layout.vmRuns(), layout.net()))
                .allMatch(p -> p.startsWith(layout.run()));
        assertThat(layout.blanks()).startsWithRaw(layout.cache());
    }
}
