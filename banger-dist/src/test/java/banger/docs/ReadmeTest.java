package banger.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** README's recorded runs have the shapes of the real output; the run itself is an end-to-end test. */
class ReadmeTest {
    private static final String NAME = "[a-z0-9-]+";
    private static final String TOOK = "([0-9.]+ s|[0-9]+ min [0-9]+ s)";

    private static final String TEMPLATE = "template: made in the background; the next VM like this does not boot";

    private static final List<String> FIRST_RUNS = List.of(
            "banger: building from source",
            "banger: built in [0-9]+ s",
            "kernel debian-cloud [0-9.]+-[0-9]+: fetched [0-9.]+ MiB in " + TOOK,
            "image debian-bookworm: built from [0-9]+ Debian packages, [0-9.]+ [MG]iB in " + TOOK,
            "spec: [0-9]+ vcpu \\| [0-9]+ MiB \\| [0-9]+G disk \\| debian-bookworm \\| qemu/(tcg|kvm)",
            "note: .*, so this VM is emulated: slow, and no isolation boundary \\(banger doctor\\)",
            "vm " + NAME + ": ready in " + TOOK + " \\(cold boot\\)",
            TEMPLATE,
            "Linux [0-9.]+-[0-9]+-cloud-amd64",
            "vm " + NAME + ": deleted",
            "spec: .*",
            "note: .*",
            "vm " + NAME + ": ready in " + TOOK + " \\(from template\\)",
            "Linux [0-9.]+-[0-9]+-cloud-amd64",
            "vm " + NAME + ": deleted");

    private static final List<String> THAT_STAYS = Stream.of(
                    "spec: .*",
                    "note: .*",
                    "vm box: ready in " + TOOK + " \\(cold boot\\)",
                    TEMPLATE,
                    "vm box: still running; banger vm ssh box, or banger vm delete box",
                    "root",
                    "3",
                    "ID +NAME +STATE +IMAGE +IP +VCPU +MEM +DISK +WORKSPACE +CREATED",
                    "[0-9a-f]{8}  box +running +debian-minimal +172\\.16\\.0\\.[0-9]+ +1 +1024 MiB +[0-9.]+ [KM]iB +- .*ago")
            .toList();

    private final Document readme = Document.of("README.md");

    @Test
    void theFirstTwoRunsAreWhatBangerSays() {
        assertMatch(terminal(0), FIRST_RUNS);
    }

    @Test
    void theVmThatStaysIsWhatBangerSays() {
        assertMatch(terminal(1), THAT_STAYS);
    }

    private static void assertMatch(List<String> lines, List<String> shapes) {
        assertThat(lines).hasSameSizeAs(shapes);
        for (int i = 0; i < lines.size(); i++) assertThat(lines.get(i)).matches(shapes.get(i));
    }

    private List<String> terminal(int number) {
        return readme.blocks().stream()
                .filter(b -> b.startsWith("$ "))
                .skip(number)
                .findFirst()
                .orElseThrow()
                .lines()
                .filter(l -> !l.startsWith("$ "))
                .toList();
    }

    @Test
    void fitsAScreenAndALittle() {
        assertThat(readme.text().lines().count()).isLessThanOrEqualTo(90);
    }
}
