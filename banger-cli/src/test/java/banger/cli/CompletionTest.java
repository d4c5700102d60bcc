package banger.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CompletionTest {
    @TempDir
    Path home;

    private Prompt prompt;

    @BeforeEach
    void open() {
        prompt = new Prompt(home);
        var now = Instant.now();
        prompt.daemon()
                .json(
                        "GET /v1/vms",
                        "[" + CliTest.vm("3f09a1c40000", "brave-otter", "running", now) + ","
                                + CliTest.vm("3f09a1c50000", "old-toad", "stopped", now) + "]")
                .json("GET /v1/images", "[{\"name\":\"debian-bookworm\"},{\"name\":\"debian-minimal\"}]")
                .json("GET /v1/kernels?available=1", "[{\"name\":\"debian-cloud\"}]");
    }

    @AfterEach
    void close() {
        prompt.close();
    }

    private List<String> candidates(String... words) {
        var all = new ArrayList<>(List.of("__complete", "--"));
        all.addAll(List.of(words));
        var ran = prompt.run(all.toArray(String[]::new));
        assertThat(ran.status()).isZero();
        assertThat(ran.err()).isEmpty();
        return ran.out().lines().toList();
    }

    @Test
    void commandsCompleteByTheirWords() {
        assertThat(candidates(""))
                .contains("vm", "image", "kernel", "doctor", "ps")
                .doesNotContain("__complete")
                .doesNotHaveDuplicates();
        assertThat(candidates("im")).containsExactly("image");
        assertThat(candidates("vm", "st")).containsExactly("start", "stop", "stats");
        assertThat(candidates("vm", "frob", "")).isEmpty();
        assertThat(prompt.daemon().requests()).isEmpty();
    }

    @Test
    void flagsCompleteWithoutAskingTheDaemon() {
        assertThat(candidates("vm", "run", "--n"))
                .containsExactly("--name", "--nat", "--no-bootstrap", "--no-env", "--no-tty", "--no-color");
        assertThat(candidates("vm", "list", "-q")).containsExactly("-q");
        assertThat(prompt.daemon().requests()).isEmpty();
    }

    @Test
    void operandsCompleteToWhatThereIs() {
        assertThat(candidates("vm", "start", "")).containsExactly("brave-otter", "old-toad");
        assertThat(candidates("vm", "start", "old-toad", "b")).containsExactly("brave-otter");
        assertThat(candidates("vm", "rm", "o")).containsExactly("old-toad");
        assertThat(candidates("image", "show", "debian-m")).containsExactly("debian-minimal");
        assertThat(candidates("vm", "run", "--image", "")).containsExactly("debian-bookworm", "debian-minimal");
        assertThat(candidates("kernel", "pull", "d")).containsExactly("debian-cloud");
        assertThat(candidates("completion", "")).containsExactly("bash", "zsh", "fish", "powershell");
    }

    @Test
    void theGuestsCommandIsNotOursToComplete() {
        assertThat(candidates("vm", "exec", "brave-otter", "--", "l")).isEmpty();
        assertThat(candidates()).isEmpty();
    }

    @Test
    void aKeyPressNeverStartsADaemonNorComplains() {
        prompt.daemon().answer("GET /v1/vms", 500, CliTest.error("internal", "x"));
        assertThat(candidates("vm", "start", "")).isEmpty();
        prompt.daemon().answer("GET /v1/daemon", 403, CliTest.error("daemon.unauthorized", "x"));
        assertThat(candidates("vm", "start", "")).isEmpty();
        prompt.close();
        assertThat(candidates("vm", "start", "")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"bash", "zsh", "fish", "powershell"})
    void everyShellHasAScriptThatAsksUs(String shell) {
        var ran = prompt.run("completion", shell);
        assertThat(ran.status()).isZero();
        assertThat(ran.out()).contains("banger").contains("__complete");
    }

    @ParameterizedTest
    @ValueSource(strings = {"tcsh", "../bash", "ba1sh", "", "BASH"})
    void anotherShellIsRefused(String shell) {
        assertThat(prompt.run("completion", shell).status()).isEqualTo(2);
    }
}
