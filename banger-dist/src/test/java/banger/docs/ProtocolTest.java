package banger.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class ProtocolTest {
    private static final Path DAEMON = Document.CHECKOUT.resolve("banger-daemon/src/main/java/banger/daemon");
    private static final Pattern ROUTE = Pattern.compile("router\\.add\\(\\s*\"([A-Z]+)\",\\s*\"(/v1[^\"]*)\"");
    private static final Pattern REQUEST = Pattern.compile("(?m)^ *case \"([a-z-]+)/[0-9]\" ->");

    private final Document protocol = Document.of("docs/protocol.md");

    @Test
    void hasEveryPathOfTheApi() throws IOException {
        assertThat(protocol.firstCells("## API").stream()
                        .map(p -> p.replaceFirst("\\?.*", ""))
                        .toList())
                .containsExactlyInAnyOrderElementsOf(routes());
    }

    private static List<String> routes() throws IOException {
        var found = new ArrayList<String>();
        try (var files = Files.walk(DAEMON)) {
            for (var file : files.filter(f -> f.toString().endsWith(".java")).toList())
                for (Matcher m = ROUTE.matcher(Files.readString(file)); m.find(); )
                    found.add(m.group(1) + " " + m.group(2));
        }
        return found;
    }

    @Test
    void hasEveryRecordOfTheApi() throws IOException {
        var inner = List.of("Event", "Terminal", "ErrorInfo", "Check", "package-info");
        try (var files = Files.list(Document.CHECKOUT.resolve("banger-api/src/main/java/banger/api/model"))) {
            for (var file : files.toList()) {
                var name = file.getFileName().toString().replace(".java", "");
                if (!inner.contains(name))
                    assertThat(protocol.section("## API")).contains("`" + name + "`");
            }
        }
    }

    @Test
    void hasEveryRequestOfTheNetworkHelper() throws IOException {
        var source = Files.readString(Document.CHECKOUT.resolve("banger-net/src/main/java/banger/net/Request.java"));
        for (var request : Document.groups(REQUEST, source))
            assertThat(protocol.section("## Network helper")).contains("\n| `" + request);
    }

    @Test
    void hasEveryRoleOfTheShim() throws IOException {
        var source = Files.readString(Document.CHECKOUT.resolve("native/shim/main.c"));
        for (var role : Document.groups(Pattern.compile("\\{\"([a-z-]+)\", role_"), source))
            assertThat(protocol.section("## Shim")).contains("`" + role);
    }
}
