package banger.daemon.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.BangerException;
import banger.api.ErrorCode;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatabaseTest {
    @TempDir
    Path dir;

    private static final String INSERT = "INSERT INTO kernels VALUES (?, 'd', 'r', 's', 1)";

    @Test
    void aNewDatabaseIsPendingThenUpToDate() {
        var file = dir.resolve("banger.db");
        assertThat(Migrations.check(file)).isEqualTo(Migrations.Check.PENDING);
        Database.open(file).close();
        assertThat(Migrations.check(file)).isEqualTo(Migrations.Check.UP_TO_DATE);
    }

    @Test
    void aDatabaseOfANewerBangerIsLeftAlone() {
        var file = dir.resolve("banger.db");
        try (var database = Database.open(file)) {
            database.update("PRAGMA user_version=99");
        }
        assertThat(Migrations.check(file)).isEqualTo(Migrations.Check.NEWER);
        assertThatThrownBy(() -> Database.open(file))
                .isInstanceOfSatisfying(
                        BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.STATE_NEWER));
    }

    @Test
    void aFailingTransactionLeavesNothing() {
        try (var database = Database.open(dir.resolve("banger.db"))) {
            assertThatThrownBy(() -> database.write(c -> {
                        Database.execute(c, INSERT, "a");
                        throw new IllegalStateException("stop");
                    }))
                    .hasMessage("stop");
            assertThat(database.query("SELECT name FROM kernels", r -> r.getString(1)))
                    .isEmpty();
            database.update(INSERT, "b");
            assertThat(database.first("SELECT name FROM kernels", r -> r.getString(1)))
                    .contains("b");
        }
    }
}
