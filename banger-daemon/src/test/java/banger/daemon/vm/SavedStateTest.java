package banger.daemon.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.daemon.Owner;
import banger.daemon.publish.OwnerSeal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A saved memory is continued only as it was written, by whom and for whom it was written. */
class SavedStateTest {
    @TempDir
    Path dir;

    private SavedState box;
    private SavedState other;

    @BeforeEach
    void save() throws IOException {
        box = saved("box", "00000000000a", "key");
        other = saved("other", "00000000000b", "key");
    }

    private SavedState state(String name, String id, String key) {
        return new SavedState(name, new VmId(id), dir.resolve(name), Owner.current(), new OwnerSeal(dir.resolve(key)));
    }

    private SavedState saved(String name, String id, String key) throws IOException {
        Files.createDirectories(dir.resolve(name));
        var state = state(name, id, key);
        var directory = state.begin();
        Files.writeString(directory.resolve("memory"), "memory of " + name);
        Files.writeString(directory.resolve("state"), "state of " + name);
        state.publish("qemu/kvm", Map.of("memory", "256 MiB"));
        return state;
    }

    private static void unfit(SavedState state, String why) {
        assertThatThrownBy(state::checked).isInstanceOfSatisfying(BangerException.class, e -> {
            assertThat(e.code()).isEqualTo(ErrorCode.VM_SAVED_UNFIT);
            assertThat(e.fact()).startsWith("vm box: ").contains(why).endsWith("; its disks are whole");
            assertThat(e.remedies().getFirst()).startsWith("banger vm start --cold box");
        });
    }

    private void swap(String name) throws IOException {
        Files.copy(other.path().resolve(name), box.path().resolve(name), StandardCopyOption.REPLACE_EXISTING);
    }

    @Test
    void asItWasWrittenItIsRead() {
        assertThat(box.present()).isTrue();
        assertThat(box.checked().key()).containsEntry("memory", "256 MiB");
        // Another daemon of the same owner, later.
        assertThat(state("box", "00000000000a", "key").checked().engine()).isEqualTo("qemu/kvm");
    }

    @Test
    void aPartThatWasCutIsDamaged() throws IOException {
        Files.writeString(box.path().resolve("memory"), "memo");
        unfit(box, "is damaged (memory)");
    }

    @Test
    void aPartOfAnotherIsDamaged() throws IOException {
        swap("state");
        unfit(box, "is damaged (state)");
    }

    @Test
    void aPartThatIsALinkIsDamaged() throws IOException {
        Files.delete(box.path().resolve("state"));
        Files.createSymbolicLink(box.path().resolve("state"), other.path().resolve("state"));
        unfit(box, "is damaged (state)");
    }

    @Test
    void allOfAnotherIsNotItsOwn() throws IOException {
        for (var name : new String[] {"memory", "state", "manifest.json", "manifest.seal"}) swap(name);
        unfit(box, "not the one that banger wrote for it");
    }

    @Test
    void aManifestThatWasWrittenByHandIsNotBelieved() throws IOException {
        var manifest = box.path().resolve("manifest.json");
        Files.writeString(manifest, Files.readString(manifest).replace("256 MiB", "512 MiB"));
        unfit(box, "not the one that banger wrote for it");
    }

    @Test
    void withoutItsSealOrWithAnotherItIsNotBelieved() throws IOException {
        Files.writeString(box.path().resolve("manifest.seal"), "0".repeat(64));
        unfit(box, "not the one that banger wrote for it");
        Files.delete(box.path().resolve("manifest.seal"));
        unfit(box, "not the one that banger wrote for it");
    }

    @Test
    void anotherOwnersSealIsNone() throws IOException {
        unfit(state("box", "00000000000a", "none"), "not the one that banger wrote for it");
        Files.writeString(dir.resolve("none"), "k".repeat(32));
        unfit(state("box", "00000000000a", "none"), "not the one that banger wrote for it");
        Files.writeString(dir.resolve("none"), "short");
        unfit(state("box", "00000000000a", "none"), "is no key of ours");
    }

    @Test
    void theKeyIsTheOwnersAlone() throws IOException {
        assertThat(Files.getPosixFilePermissions(dir.resolve("key"))).hasSize(2);
        assertThat(Files.size(dir.resolve("key"))).isEqualTo(32);
    }
}
