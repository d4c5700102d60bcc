package banger.daemon.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.BangerException;
import banger.daemon.Owner;
import banger.daemon.publish.OwnerSeal;
import banger.daemon.template.TemplateStore.Lookup;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A template is continued only as it was made, by whom it was made; what is half there is not there. */
class TemplateStoreTest {
    private static final TemplateKey KEY = new TemplateKey(Map.of("image", "i"));
    private static final TemplateKey OTHER = new TemplateKey(Map.of("image", "j"));

    @TempDir
    Path dir;

    private Path root;
    private TemplateStore store;

    @BeforeEach
    void make() {
        root = dir.resolve("templates");
        store = store("seal.key");
    }

    private TemplateStore store(String key) {
        return new TemplateStore(root, Owner.current(), new OwnerSeal(dir.resolve(key)));
    }

    private static Template.About about() {
        return new Template.About(
                "qemu/tcg",
                "i",
                "id",
                "kd",
                1,
                256,
                1 << 20,
                1 << 20,
                7,
                Instant.now().toString(),
                null);
    }

    /** Of a machine with this many pages of this content. */
    private Template publish(TemplateKey key, int pages, String content) throws IOException {
        var making = store.begin("0123456789ab");
        var memory = new byte[(pages + 10) * 4096];
        for (int i = 0; i < pages * 4096; i++) memory[i] = (byte) content.charAt(i % content.length());
        Files.write(making.resolve("memory"), memory);
        Files.writeString(making.resolve("state"), "devices of " + content);
        Files.writeString(making.resolve("vdb"), "overlay of " + content);
        try {
            return store.publish(key, about(), sources(making));
        } finally {
            store.abandon(making);
        }
    }

    private static Map<String, Path> sources(Path making) {
        return Map.of(
                Template.MEMORY,
                making.resolve("memory"),
                Template.STATE,
                making.resolve("state"),
                Template.OVERLAY,
                making.resolve("vdb"));
    }

    private Template found(TemplateKey key) {
        assertThat(store.find(key)).isInstanceOf(Lookup.Found.class);
        return ((Lookup.Found) store.find(key)).template();
    }

    private void damaged(TemplateKey key, String why) {
        assertThat(store.find(key))
                .isInstanceOfSatisfying(
                        Lookup.Damaged.class, d -> assertThat(d.why()).contains(why));
    }

    /** As one who may write there does it. */
    private static void open(Path file) throws IOException {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }

    private List<String> entries() throws IOException {
        try (var all = Files.list(root)) {
            return all.map(p -> p.getFileName().toString()).toList();
        }
    }

    @Test
    void whatWasPublishedIsFoundAndNothingElseIsLeft() throws IOException {
        assertThat(store.find(KEY)).isInstanceOf(Lookup.Missing.class);
        assertThat(store.list()).isEmpty();
        var made = publish(KEY, 3, "x");
        assertThat(found(KEY)).isEqualTo(made);
        assertThat(store.find(OTHER)).isInstanceOf(Lookup.Missing.class);
        assertThat(entries()).containsExactly(KEY.digest());
        assertThat(made.memory()).hasSize(13 * 4096);
        assertThat(made.overlay()).hasContent("overlay of x");
        // Its zeroes take nothing.
        assertThat(made.allocated()).isLessThan(13 * 4096);
        // Another daemon of the same owner, later.
        assertThat(store("seal.key").find(KEY)).isInstanceOf(Lookup.Found.class);
    }

    @Test
    void nobodyElseMayReadItAndNobodyWriteIt() throws IOException {
        var made = publish(KEY, 1, "x");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(made.directory())))
                .isEqualTo("rwx------");
        for (var part : List.of(Template.MEMORY, Template.STATE, Template.OVERLAY))
            assertThat(PosixFilePermissions.toString(
                            Files.getPosixFilePermissions(made.directory().resolve(part))))
                    .as(part)
                    .isEqualTo("r--------");
    }

    @ParameterizedTest
    @ValueSource(strings = {Template.MEMORY, Template.STATE, Template.OVERLAY})
    void aPartWithOtherContentIsDamaged(String name) throws IOException {
        var part = publish(KEY, 2, "x").directory().resolve(name);
        open(part);
        var bytes = Files.readAllBytes(part);
        bytes[3] ^= 1;
        Files.write(part, bytes);
        damaged(KEY, name + " changed");
    }

    @ParameterizedTest
    @ValueSource(strings = {Template.MEMORY, Template.STATE, Template.OVERLAY})
    void aPartThatWasCutOrGrewIsDamaged(String name) throws IOException {
        var part = publish(KEY, 2, "x").directory().resolve(name);
        open(part);
        var bytes = Files.readAllBytes(part);
        Files.write(part, java.util.Arrays.copyOf(bytes, bytes.length - 1));
        damaged(KEY, name + " changed");
        Files.write(part, java.util.Arrays.copyOf(bytes, bytes.length + 1));
        damaged(KEY, name + " changed");
        Files.delete(part);
        damaged(KEY, name + " is gone");
        Files.createSymbolicLink(part, dir.resolve("seal.key"));
        damaged(KEY, name + " is gone");
    }

    @ParameterizedTest
    @ValueSource(strings = {Template.MEMORY, Template.STATE, Template.OVERLAY})
    void aPartOfAnotherIsDamaged(String name) throws IOException {
        var mine = publish(KEY, 2, "x").directory();
        var others = publish(OTHER, 2, "y").directory();
        Files.copy(others.resolve(name), mine.resolve(name), StandardCopyOption.REPLACE_EXISTING);
        damaged(KEY, name + " changed");
        assertThat(store.find(OTHER)).isInstanceOf(Lookup.Found.class);
    }

    @Test
    void allOfAnotherIsNotIt() throws IOException {
        var mine = publish(KEY, 2, "x").directory();
        var others = publish(OTHER, 2, "y").directory();
        store.remove(KEY.digest());
        Files.move(others, mine);
        damaged(KEY, "manifest.json is not the one that was written");
        assertThat(store.list()).isEmpty();
    }

    /** A backup that was put back: other files, the same content. */
    @Test
    void copiedFilesAreReadAndAreTheSame() throws IOException {
        var mine = publish(KEY, 2, "x").directory();
        for (var name : List.of(Template.MEMORY, Template.STATE, Template.OVERLAY)) {
            Files.copy(mine.resolve(name), dir.resolve("copy"));
            Files.move(dir.resolve("copy"), mine.resolve(name), StandardCopyOption.REPLACE_EXISTING);
        }
        found(KEY);
    }

    @Test
    void aManifestThatWasWrittenByHandOrByAnotherIsNotBelieved() throws IOException {
        var mine = publish(KEY, 2, "x").directory();
        assertThat(store("other.key").find(KEY)).isInstanceOf(Lookup.Damaged.class);
        Files.write(dir.resolve("other.key"), new byte[32]);
        assertThat(store("other.key").find(KEY)).isInstanceOf(Lookup.Damaged.class);
        var manifest = mine.resolve("manifest.json");
        var text = Files.readString(manifest);
        for (var forged : List.of(text.replace("\"memoryMib\":256", "\"memoryMib\":512"), "", "{}", "what")) {
            Files.writeString(manifest, forged);
            damaged(KEY, "manifest.json is not the one that was written");
        }
        Files.writeString(manifest, text);
        found(KEY);
        Files.writeString(mine.resolve("manifest.seal"), "0".repeat(64));
        damaged(KEY, "manifest.json is not the one that was written");
        Files.delete(mine.resolve("manifest.seal"));
        damaged(KEY, "manifest.seal");
        Files.delete(manifest);
        damaged(KEY, "manifest.json");
    }

    @Test
    void aLinkInItsPlaceIsNotFollowed() throws IOException {
        var mine = publish(KEY, 2, "x").directory();
        Files.move(mine, dir.resolve("elsewhere"));
        Files.createSymbolicLink(mine, dir.resolve("elsewhere"));
        assertThat(store.find(KEY)).isInstanceOf(Lookup.Missing.class);
        publish(KEY, 2, "y");
        assertThat(found(KEY).overlay()).hasContent("overlay of y");
        assertThat(dir.resolve("elsewhere").resolve(Template.OVERLAY)).hasContent("overlay of x");
    }

    @Test
    void madeAgainItReplacesTheOldOne() throws IOException {
        publish(KEY, 2, "x");
        publish(KEY, 5, "y");
        assertThat(found(KEY).overlay()).hasContent("overlay of y");
        assertThat(entries()).containsExactly(KEY.digest());
        assertThat(store.list()).hasSize(1);
    }

    @Test
    void whatIsOpenOutlivesItsRemoval() throws IOException {
        var made = publish(KEY, 2, "x");
        try (var memory = Files.newInputStream(made.memory())) {
            store.remove(KEY.digest());
            assertThat(store.find(KEY)).isInstanceOf(Lookup.Missing.class);
            assertThat(memory.readAllBytes()).hasSize(12 * 4096);
        }
        store.remove(KEY.digest());
        assertThat(entries()).isEmpty();
    }

    @Test
    void aPublishThatFailsLeavesWhatWasThere() throws IOException {
        publish(KEY, 2, "x");
        var making = store.begin("0123456789ab");
        Files.writeString(making.resolve("memory"), "m");
        Files.writeString(making.resolve("state"), "s");
        assertThatThrownBy(() -> store.publish(KEY, about(), sources(making))).isInstanceOf(BangerException.class);
        store.abandon(making);
        assertThat(entries()).containsExactly(KEY.digest());
        assertThat(found(KEY).overlay()).hasContent("overlay of x");
    }

    @Test
    void theLongestUnusedGoFirstWhenRoomIsShort() throws IOException {
        var all = new ArrayList<Template>();
        for (int i = 0; i < 4; i++) {
            var made = publish(new TemplateKey(Map.of("image", "i" + i)), 10, "x" + i);
            store.used(made);
            Files.setLastModifiedTime(
                    made.directory().resolve("used"), FileTime.from(Instant.ofEpochSecond(1_000_000 + i)));
            all.add(made);
        }
        long each = all.getFirst().allocated();
        assertThat(digests(store.list())).isEqualTo(digests(all.reversed()));
        assertThat(store.beyond(4 * each)).isEmpty();
        assertThat(digests(store.beyond(4 * each - 1))).isEqualTo(digests(all.subList(0, 1)));
        assertThat(digests(store.beyond(2 * each))).isEqualTo(digests(all.subList(0, 2)));
        store.used(all.getFirst());
        assertThat(digests(store.beyond(2 * each))).isEqualTo(digests(all.subList(1, 3)));
        assertThat(store.beyond(0)).hasSize(4);
    }

    private static List<String> digests(List<Template> templates) {
        return templates.stream().map(Template::digest).toList();
    }

    @Test
    void usedIsWhenAVmLastContinuedFromIt() throws IOException {
        var made = publish(KEY, 2, "x");
        assertThat(made.usedAt())
                .isEqualTo(Instant.parse(made.manifest().about().createdAt()));
        store.used(made);
        assertThat(found(KEY).usedAt()).isAfter(made.usedAt());
        // Gone meanwhile: no error.
        store.remove(KEY.digest());
        store.used(made);
    }

    @Test
    void whatWasLeftUnfinishedIsSwept() throws IOException {
        publish(KEY, 2, "x");
        Files.createDirectories(root.resolve(".making-0123456789ab/saved"));
        Files.writeString(root.resolve(".making-0123456789ab/saved/memory"), "half");
        Files.createDirectories(root.resolve(".gone-abc"));
        Files.writeString(root.resolve(".gone-abc/memory"), "old");
        var foreign = Files.createDirectories(root.resolve("my-own-notes"));
        var ended = new ArrayList<String>();
        store.sweep((directory, id) -> {
            assertThat(directory).exists();
            ended.add(id);
        });
        assertThat(ended).containsExactly("0123456789ab");
        assertThat(entries()).containsExactlyInAnyOrder(KEY.digest(), "my-own-notes");
        assertThat(foreign).exists();
        found(KEY);
    }

    @Test
    void aPersonMeansOneByTheBeginningOfItsName() throws IOException {
        publish(KEY, 1, "x");
        publish(OTHER, 1, "y");
        var digest = KEY.digest();
        assertThat(digests(store.beginning(digest.substring(0, 4)))).contains(digest);
        assertThat(digests(store.beginning(digest))).containsExactly(digest);
        for (var wrong : List.of(
                "",
                digest.substring(0, 3),
                digest + "0",
                "zzzz",
                "../" + digest,
                digest.toUpperCase(java.util.Locale.ROOT)))
            assertThat(store.beginning(wrong)).as(wrong).isEmpty();
    }

    @Test
    void aManifestIsTextThatCanBeRead() throws IOException {
        var made = publish(KEY, 1, "x");
        assertThat(new String(Files.readAllBytes(made.directory().resolve("manifest.json")), StandardCharsets.UTF_8))
                .contains("\"image\":\"i\"", "\"memory\"", "\"overlay\"", "\"state\"");
    }
}
