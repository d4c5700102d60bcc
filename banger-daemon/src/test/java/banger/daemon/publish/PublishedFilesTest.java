package banger.daemon.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.daemon.store.Database;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PublishedFilesTest {
    @TempDir
    Path dir;

    private Database database;
    private PublishedFiles published;
    private Path file;
    private String hash;

    @BeforeEach
    void publish() throws IOException {
        database = Database.open(dir.resolve("banger.db"));
        published = new PublishedFiles(database);
        file = Files.writeString(dir.resolve("file"), "content");
        hash = Sha256.of(file);
        published.published(file, hash);
    }

    @AfterEach
    void close() {
        database.close();
    }

    private String identity() {
        return database.first(
                        "SELECT identity FROM file_identities WHERE path = ?", r -> r.getString(1), file.toString())
                .orElseThrow();
    }

    @Test
    void anUntouchedFileIsIntact() {
        assertThat(hash).isEqualTo("ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73");
        assertThat(published.intact(file, hash)).isTrue();
        assertThat(published.intact(file, "0".repeat(64))).isFalse();
        assertThat(published.known(file)).contains(hash);
    }

    @Test
    void aTouchedFileIsHashedAgainAndTrustedAgain() throws IOException {
        var before = identity();
        Files.setLastModifiedTime(file, FileTime.fromMillis(1000));
        assertThat(published.intact(file, hash)).isTrue();
        assertThat(identity()).isNotEqualTo(before);
    }

    @Test
    void otherBytesOfTheSameSizeAndTimeAreNoticed() throws IOException {
        var time = Files.getLastModifiedTime(file);
        Files.writeString(file, "CONTENT");
        Files.setLastModifiedTime(file, time);
        assertThat(published.intact(file, hash)).isFalse();
    }

    @Test
    void anotherFileInItsPlaceIsNoticed() throws IOException {
        var other = Files.writeString(dir.resolve("other"), "CONTENT");
        Files.move(other, file, StandardCopyOption.REPLACE_EXISTING);
        assertThat(published.intact(file, hash)).isFalse();
        Files.writeString(file, "content");
        assertThat(published.intact(file, hash)).isTrue();
    }

    @Test
    void aLinkADirectoryOrNothingIsNotTheFile() throws IOException {
        var real = Files.move(file, dir.resolve("real"));
        assertThat(published.intact(file, hash)).isFalse();
        Files.createSymbolicLink(file, real);
        assertThat(published.intact(file, hash)).isFalse();
        Files.delete(file);
        Files.createDirectory(file);
        assertThat(published.intact(file, hash)).isFalse();
    }

    @Test
    void theDeepCheckTrustsNoIdentity() throws IOException {
        Files.writeString(file, "CONTENT");
        published.published(file, hash);
        assertThat(published.intact(file, hash)).isTrue();
        assertThat(published.intactDeep(file, hash)).isFalse();
    }

    @Test
    void whatIsStagedAppearsWholeOrNotAtAll() throws IOException {
        var parent = dir.resolve("parent");
        try (var staging = Staging.below(parent)) {
            Files.writeString(staging.directory().resolve("a"), "1");
        }
        assertThat(parent).isEmptyDirectory();
        try (var staging = Staging.below(parent)) {
            Files.writeString(staging.directory().resolve("a"), "1");
            var place = staging.publish("digest", there -> true);
            assertThat(Files.getPosixFilePermissions(place.resolve("a"))).hasSize(3);
        }
        try (var staging = Staging.below(parent)) {
            Files.writeString(staging.directory().resolve("a"), "2");
            staging.publish("digest", there -> true);
        }
        assertThat(parent.resolve("digest/a")).hasContent("1");
        try (var staging = Staging.below(parent)) {
            Files.writeString(staging.directory().resolve("a"), "3");
            staging.publish("digest", there -> false);
        }
        assertThat(parent.resolve("digest/a")).hasContent("3");
        Staging.sweep(parent);
        assertThat(Files.list(parent)).hasSize(1);
    }

    @Test
    void deletingFollowsNoLink() throws IOException {
        var outside = Files.createDirectory(dir.resolve("outside"));
        Files.writeString(outside.resolve("kept"), "x");
        var inside = Files.createDirectory(dir.resolve("inside"));
        Files.createSymbolicLink(inside.resolve("link"), outside);
        Staging.delete(inside);
        assertThat(inside).doesNotExist();
        assertThat(outside.resolve("kept")).exists();
        assertThatThrownBy(() -> Sha256.of(inside)).isInstanceOf(IOException.class);
    }

    @Test
    void onlyWorkOfTheDeadIsAbandoned() throws IOException {
        var parent = Files.createDirectory(dir.resolve("tmp"));
        try (var mine = WorkDirectory.below(parent)) {
            assertThat(WorkDirectory.abandoned(parent)).isEmpty();
            Files.writeString(mine.path().resolve("owner"), "999999999 1");
            Files.createDirectory(parent.resolve("banger-somebody"));
            assertThat(WorkDirectory.abandoned(parent)).containsExactly(mine.path());
        }
    }

    @Test
    void sizesReadWell() {
        assertThat(ByteSize.text(0)).isEqualTo("0 B");
        assertThat(ByteSize.text(1023)).isEqualTo("1023 B");
        assertThat(ByteSize.text(26_713_492)).isEqualTo("25.5 MiB");
        assertThat(ByteSize.text(1L << 30)).isEqualTo("1.0 GiB");
        assertThat(ByteSize.text((1L << 30) - 1)).isEqualTo("1.0 GiB");
    }
}
