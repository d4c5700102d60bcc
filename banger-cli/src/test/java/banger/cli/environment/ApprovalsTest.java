package banger.cli.environment;

import static org.assertj.core.api.Assertions.assertThat;

import banger.api.Layout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ApprovalsTest {
    private static final String ONE = "1".repeat(64);
    private static final String TWO = "2".repeat(64);

    @TempDir
    Path home;

    @Test
    void theLastOneOfEachRepositoryHolds() throws IOException {
        var layout = Layout.of(Map.of("BANGER_HOME", home.resolve("b").toString()), home);
        var approvals = new Approvals(layout);
        var shop = Files.createDirectories(home.resolve("shop"));
        var other = Files.createDirectories(home.resolve("other"));
        assertThat(approvals.has(shop, ONE)).isFalse();
        approvals.record(shop, ONE);
        assertThat(approvals.has(shop, ONE)).isTrue();
        assertThat(approvals.has(other, ONE)).isFalse();
        assertThat(approvals.has(shop, TWO)).isFalse();
        approvals.record(shop, TWO);
        assertThat(approvals.has(shop, ONE)).isFalse();
        assertThat(new Approvals(layout).has(shop, TWO)).isTrue();

        var link = Files.createSymbolicLink(home.resolve("link"), shop);
        assertThat(approvals.has(link, TWO)).isTrue();
        try (var files = Files.list(layout.approvals())) {
            assertThat(files.toList()).singleElement().satisfies(f -> {
                assertThat(f.getFileName().toString()).matches("[0-9a-f]{64}");
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(f)))
                        .isEqualTo("rw-------");
            });
        }
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(layout.approvals())))
                .isEqualTo("rwx------");
    }
}
