package banger.docs;

import static org.assertj.core.api.Assertions.assertThat;

import banger.daemon.ops.Failpoint;
import banger.daemon.store.Migrations;
import banger.daemon.vm.VmState;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class StateTest {
    private final Document state = Document.of("docs/state.md");

    @Test
    void listsEveryFailpointInOrder() {
        assertThat(state.firstCells("## Failpoints"))
                .containsExactlyElementsOf(
                        Arrays.stream(Failpoint.values()).map(Failpoint::name).toList());
    }

    @Test
    void listsEveryTable() throws IOException {
        try (var scripts = Files.list(Document.CHECKOUT.resolve("banger-daemon/src/main/resources/"
                + Migrations.class.getPackageName().replace('.', '/')))) {
            var sql = new StringBuilder();
            for (var script : scripts.toList()) sql.append(Files.readString(script, StandardCharsets.UTF_8));
            assertThat(state.firstCells("## Database"))
                    .containsExactlyInAnyOrderElementsOf(
                            Document.groups(Pattern.compile("(?m)^CREATE TABLE (\\w+)"), sql.toString()));
        }
    }

    @Test
    void namesEveryStateOfAVm() {
        for (var s : VmState.values()) assertThat(state.section("## Database")).contains("`" + s.word() + "`");
    }
}
