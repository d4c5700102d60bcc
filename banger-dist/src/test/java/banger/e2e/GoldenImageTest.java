package banger.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The default image, as a newcomer gets it: built here, booted, and Docker in it used for real. */
@Tag("vm")
class GoldenImageTest {
    @RegisterExtension
    static final TestHome HOME = TestHome.prepared();

    /** An image of one static program, built and run without any registry. */
    private static final String SCRIPT = """
            set -e
            mkdir /root/tiny && cd /root/tiny
            echo 'int main(void) { return 42; }' > main.c
            gcc -static -o hello main.c
            printf 'FROM scratch\\nCOPY hello /hello\\nCMD ["/hello"]\\n' > Dockerfile
            docker build -q -t tiny . >&2
            status=0; docker run --rm tiny || status=$?
            echo "container $status"
            echo "driver $(docker info --format '{{.Driver}}')"
            jq --version >&2; git --version >&2; mise --version >&2
            """;

    @Test
    void dockerBuildsAndRunsAnImageInsideTheVm() {
        HOME.banger("vm", "run", "-d", "--name", "gold", "--memory", "2G")
                .within(Duration.ofMinutes(10))
                .run()
                .ok();
        HOME.awaitInit("gold");
        var ended = HOME.banger("vm", "exec", "gold", "--", "bash", "-s")
                .in(SCRIPT.getBytes(StandardCharsets.UTF_8))
                .within(Duration.ofMinutes(5))
                .run()
                .ok();
        assertThat(ended.out().lines()).containsExactly("container 42", "driver overlay2");
        HOME.deleteAll();
    }
}
