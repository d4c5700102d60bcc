package banger.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** {@code vm run}: a new VM and something in it. */
@Tag("vm")
class RunTest {
    @RegisterExtension
    static final TestHome HOME = TestHome.prepared();

    @AfterEach
    void delete() {
        HOME.deleteAll();
    }

    private static Program run(String... words) {
        var all = new ArrayList<>(List.of("vm", "run", "--image", Prepared.IMAGE, "--vcpu", "1", "--memory", "512M"));
        all.addAll(List.of(words));
        return HOME.banger(all);
    }

    @Test
    void theCommandsOutputAndStatusAreOursAndNothingIsLeft() {
        var ended = run("--rm", "--", "sh", "-c", "cat; echo err >&2; exit 7")
                .in("in\n".getBytes())
                .run()
                .expect(7);
        assertThat(ended.out()).isEqualTo("in\n");
        assertThat(ended.err())
                .contains("spec: 1 vcpu | 512 MiB | ", "ready in ", "err\n")
                .doesNotContain("\033");
        assertThat(HOME.vms()).isEmpty();
    }

    @Test
    void quietMeansTheCommandsOwnWordsOnly() {
        var ended = run("--rm", "-q", "--", "no-such-program").run().expect(127);
        assertThat(ended.out()).isEmpty();
        assertThat(ended.err().lines())
                .singleElement()
                .asString()
                .startsWith("error: ")
                .contains("no-such-program");
        assertThat(HOME.vms()).isEmpty();
    }

    @Test
    void withoutRmTheVmStaysAndThatIsSaid() {
        var ended = run("--name", "stays", "--", "true").run().ok();
        assertThat(ended.err()).contains("vm stays: still running; banger vm ssh stays, or banger vm delete stays");
        assertThat(HOME.vm("stays").state()).isEqualTo("running");
    }

    @Test
    void detachedItReturnsWhenTheGuestIsReady() {
        run("-d", "--name", "detached").run().ok();
        assertThat(HOME.exec("detached", "hostname").ok().out()).isEqualTo("detached\n");
    }

    @Test
    void combinationsThatMakeNoSenseAreRefusedBeforeAnythingIsMade() {
        run("-d", "--rm").run().expect(2);
        run("-d", "--", "true").run().expect(2);
        run("--rm", "--").run().expect(2);
        run("--memory", "4096MB", "--", "true").run().expect(2);
        run("--vcpu", "0", "--", "true").run().expect(2);
        run("--name", "Not_A_Name", "--", "true").run().expect(2);
        assertThat(HOME.run("vm", "list", "-q").ok().out()).isEmpty();
    }
}
