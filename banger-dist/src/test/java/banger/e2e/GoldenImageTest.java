package banger.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The default image, as a newcomer gets it: built here, booted, and Docker and mise in it used for real. */
@Tag("vm")
class GoldenImageTest {
    @RegisterExtension
    static final TestHome HOME = TestHome.prepared();

    private static final String LOG = "/root/.cache/banger/vm-run-tooling-repo.log";

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
        dockerWorks("gold");
    }

    private static void dockerWorks(String vm) {
        var ended = HOME.banger("vm", "exec", vm, "--", "bash", "-s")
                .in(SCRIPT.getBytes(StandardCharsets.UTF_8))
                .within(Duration.ofMinutes(5))
                .run()
                .ok();
        assertThat(ended.out().lines()).containsExactly("container 42", "driver overlay2");
    }

    /** What a service loads and looks for at its start is there as after a boot. */
    @Test
    void afterAWarmStartDockerWorksToo() {
        HOME.banger("template", "build", "--memory", "2G")
                .within(Duration.ofMinutes(10))
                .run()
                .ok();
        HOME.banger("vm", "run", "-d", "--warm", "--name", "gold", "--memory", "2G")
                .run()
                .ok();
        assertThat(HOME.exec("gold", "systemctl", "is-system-running").ok().out())
                .isEqualTo("running\n");
        // However old the template is: no timer of its init goes by the calendar, which would fire in each VM.
        assertThat(HOME.exec("gold", "systemctl", "show", "*.timer", "-p", "TimersCalendar", "--value")
                        .ok()
                        .out())
                .isBlank();
        dockerWorks("gold");
    }

    @AfterEach
    void delete() {
        HOME.deleteAll();
    }

    private static Program run(String... words) {
        var all = new ArrayList<>(List.of("vm", "run", "--vcpu", "1", "--memory", "1G"));
        all.addAll(List.of(words));
        return HOME.banger(all).within(Duration.ofMinutes(10));
    }

    @Test
    void miseIsTrustedAndStandsBeforeCommandsWithoutANetwork(@TempDir Path directory) throws Exception {
        var repo = Checkout.in(directory);
        repo.write("mise.toml", "[env]\nGREETING = \"hello\"\n[tasks.greet]\nrun = \"echo $GREETING, task\"\n");
        repo.git("add", "-A");
        assertThat(run("--name", "box", repo.toString(), "--", "true")
                        .run()
                        .expect(2)
                        .err())
                .contains("mise.toml asks for tools", "--nat", "--no-bootstrap");
        assertThat(HOME.vms()).isEmpty();
        var ended = run("--name", "box", "--no-bootstrap", repo.toString(), "--", "sh", "-c", "echo $GREETING; pwd")
                .run()
                .ok();
        assertThat(ended.out()).isEqualTo("hello\n/root/repo\n");
        assertThat(HOME.exec("box", "mise", "run", "greet").ok().out()).isEqualTo("hello, task\n");
        assertThat(HOME.run("vm", "exec", "--cwd", "/root/repo", "box", "--", "sh", "-c", "echo [$GREETING]")
                        .ok()
                        .out())
                .isEqualTo("[]\n");
        // A broken file stops mise, and with it the command: its words and status are the person's to see.
        repo.write("mise.toml", "[env\n");
        HOME.run("vm", "workspace", "prepare", "box", repo.toString()).ok();
        assertThat(HOME.exec("box", "true").err()).contains("mise.toml");
    }

    @Test
    void withNatToolsAreInstalledAndAFailureIsAWarning(@TempDir Path directory) throws Exception {
        HOME.boot("probe");
        assumeTrue(
                HOME.vm("probe").network().equals("user"),
                () -> "no network here: " + HOME.vm("probe").network());
        var repo = Checkout.in(directory);
        // A version that lies there already needs no network; one that does not exist is to be had nowhere.
        repo.write("mise.toml", "[tools]\nnode = \"path:/usr\"\n");
        repo.git("add", "-A");
        var ended = run("--nat", "-d", "--name", "good", repo.toString()).run().ok();
        assertThat(ended.err()).contains("tools installed; log: " + LOG);
        HOME.exec("good", "test", "-f", LOG).ok();

        repo.write(".python-version", "0.0.1\n");
        repo.git("add", "-A");
        var warned = run("--nat", "-d", "--name", "bad", repo.toString()).run().ok();
        assertThat(warned.err()).contains("warning: not all tools could be installed", "log: " + LOG);
        assertThat(HOME.run("vm", "exec", "--cwd", "/", "bad", "--", "cat", LOG)
                        .ok()
                        .out())
                .contains("python");
    }
}
