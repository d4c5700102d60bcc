package banger.daemon.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.BangerException;
import banger.api.Layout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is known of workspaces, for other VMs. */
class SavedWorkspacesTest {
    private static final VmId ONE = new VmId("0123456789ab");
    private static final VmId OTHER = new VmId("0123456789ac");

    @TempDir
    Path home;

    private Layout layout;
    private SavedWorkspaces workspaces;

    @BeforeEach
    void make() throws IOException {
        layout = Layout.of(Map.of("BANGER_HOME", home.toString()), home);
        workspaces = new SavedWorkspaces(layout);
        var one = at(ONE).resolve("aaaaaaaaaaaa");
        Files.createDirectories(one.resolve("shadow.git/objects"));
        Files.writeString(one.resolve("record.json"), "{}");
        Files.write(one.resolve("shadow.git/pack"), new byte[1_000_000]);
    }

    private Path at(VmId vm) {
        return layout.workspaces().resolve(vm.value());
    }

    private void assertThere() throws IOException {
        var other = at(OTHER).resolve("aaaaaaaaaaaa");
        assertThat(other.resolve("record.json")).hasContent("{}");
        assertThat(other.resolve("shadow.git/objects")).isDirectory();
        assertThat(Files.size(other.resolve("shadow.git/pack"))).isEqualTo(1_000_000);
    }

    @Test
    void asOneFileAndBack() throws IOException {
        var file = home.resolve("packed");
        workspaces.pack(ONE, file);
        try (var in = Files.newInputStream(file)) {
            workspaces.unpack(in, OTHER);
        }
        assertThere();
    }

    @Test
    void aCopyHasTheSame() throws IOException {
        workspaces.copy(ONE, OTHER);
        assertThere();
        workspaces.remove(OTHER);
        assertThat(at(OTHER)).doesNotExist();
        // Whoever has none has none to give.
        workspaces.copy(OTHER, new VmId("0123456789ad"));
        assertThat(at(new VmId("0123456789ad"))).doesNotExist();
    }

    @Test
    void whatIsNoFileIsNotTakenAlong() throws IOException {
        Files.createSymbolicLink(at(ONE).resolve("link"), home);
        assertThatThrownBy(() -> workspaces.pack(ONE, home.resolve("packed")))
                .isInstanceOf(IOException.class)
                .hasMessageEndingWith("link: neither a file nor a directory");
        assertThatThrownBy(() -> workspaces.copy(ONE, OTHER)).isInstanceOf(BangerException.class);
    }
}
