package banger.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Each scenario of the lab can be read, and the lab knows of it, before anybody spends an hour on it. */
class LabScenarioTest {
    @Test
    void eachIsReadAndRun() throws IOException {
        var directory = Product.checkout().resolve("banger-dist/src/test/resources/lab");
        try (var files = Files.list(directory)) {
            var names = files.map(Path::getFileName)
                    .map(Path::toString)
                    .filter(n -> n.endsWith(".scenario"))
                    .map(n -> n.substring(0, n.length() - ".scenario".length()))
                    .toList();
            assertThat(LabTest.ALL).containsAll(names);
            for (var name : names)
                assertThat(LabScenario.read(name).steps()).as(name).isNotEmpty();
        }
    }
}
