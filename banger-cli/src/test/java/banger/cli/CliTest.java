package banger.cli;

import static org.assertj.core.api.Assertions.assertThat;

import banger.api.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What comes out of commands, and their exit statuses, against a daemon with canned answers. */
class CliTest {
    @TempDir
    Path home;

    private Prompt prompt;
    private final List<String> transcripts = new ArrayList<>();

    @BeforeEach
    void open() {
        prompt = new Prompt(home);
    }

    @AfterEach
    void close() {
        prompt.close();
    }

    static String error(String code, String fact, String... remedies) {
        var quoted = List.of(remedies).stream().map(r -> "\"" + r + "\"").toList();
        return "{\"code\":\"" + code + "\",\"fact\":\"" + fact + "\",\"remedies\":[" + String.join(",", quoted)
                + "],\"operation\":\"ab12cd34\"}";
    }

    static String failed(String code, String fact, String... remedies) {
        return "{\"event\":\"error\",\"error\":" + error(code, fact, remedies) + "}";
    }

    static String vm(String id, String name, String state, Instant created) {
        return "{\"id\":\"" + id + "\",\"name\":\"" + name + "\",\"state\":\"" + state + "\",\"lastError\":\"\","
                + "\"image\":\"debian-bookworm\",\"imageDigest\":\"aa\",\"kernel\":\"debian-cloud\",\"kernelDigest\":\"bb\","
                + "\"address\":\"172.16.0.4\",\"vcpu\":2,\"memoryMib\":4096,\"diskBytes\":8589934592,"
                + "\"overlayBytes\":8589934592,\"usedBytes\":222298112,\"nat\":false,\"engine\":\"qemu/kvm\","
                + "\"network\":\"user\",\"confinement\":\"bubblewrap\",\"boot\":\"cold\",\"readyMillis\":4200,\"workspace\":null,\"createdAt\":\""
                + created + "\",\"pid\":7}";
    }

    static String result(String json) {
        return "{\"event\":\"result\",\"result\":" + json + "}";
    }

    private void check(String... words) {
        var ran = prompt.run(words);
        transcripts.add(ran.transcript(words));
    }

    @Test
    void errorsReadAsTheyShould() {
        prompt.daemon()
                .answer(
                        "GET /v1/vms/brave-oter/ssh",
                        404,
                        error("vm.not-found", "no VM named brave-oter", "did you mean brave-otter?"))
                .events(
                        "POST /v1/vms/big/start",
                        failed(
                                "host.memory",
                                "vm big: 64 GiB of memory asked for, this machine has 23 GiB (19 GiB free)",
                                "banger vm set big --memory 8G"))
                .events(
                        "POST /v1/vms",
                        failed(
                                "vm.not-ready",
                                "vm brave-otter: the guest did not come up within 60 s; the VM is kept for you to look at",
                                "its console says:",
                                "  [    3.1] EXT4-fs error (device vdb): \\u001b[31mbad",
                                "banger vm logs brave-otter; banger vm delete brave-otter"))
                .answer(
                        "GET /v1/vms/abcd",
                        409,
                        error("vm.ambiguous", "abcd: more than one VM begins with it", "abcd1111  a", "abcd2222  b"))
                .answer(
                        "GET /v1/vms",
                        500,
                        error(
                                "internal",
                                "a bug in banger: java.lang.IllegalStateException: x",
                                "operation ab12cd34 in /l"));
        check("vm", "ssh", "brave-oter");
        check("vm", "start", "big");
        check("vm", "create", "--name", "brave-otter");
        check("vm", "create", "-q", "--name", "brave-otter");
        check("vm", "exec", "abcd", "--", "true");
        check("vm", "list");
        check("vm", "run", "--memory", "4096MB");
        check("vm", "run", "--name", "Brave_Otter", "--", "true");
        check("vm", "delte", "x");
        check("vmm", "list");
        check("frobnicate");
        check("vm", "list", "--jsno");
        check("vm", "start");
        check("vm", "run", "--memory");
        check("vm", "ssh", "box", "ls");
        check("vm", "run", "-d", "--rm");
        check("vm", "exec", "box");
        check("completion", "tcsh");
        Golden.check("errors.txt", String.join("\n", transcripts));
    }

    @ParameterizedTest
    @CsvSource({
        "usage, 2, 2",
        "vm.not-found, 1, 125",
        "daemon.busy, 1, 125",
        "internal, 1, 125",
        "something.later, 1, 125"
    })
    void theStatusTellsWhoseFailureItIs(String code, int plain, int withCommand) {
        prompt.daemon()
                .answer("GET /v1/vms/box", 400, error(code, "f"))
                .json("GET /v1/vms/other", Prompt.BOX)
                .answer("POST /v1/vms/box/exec", 400, error(code, "f"));
        assertThat(prompt.run("vm", "show", "box").status()).isEqualTo(plain);
        assertThat(prompt.run("vm", "exec", "other", "--", "true").status()).isEqualTo(withCommand);
    }

    @Test
    void wrongUsageContactsNobody() {
        for (var words : List.of(
                List.of("vm", "run", "--memory", "x"),
                List.of("vm", "exec", "box", "-e", "NOEQUALS", "--", "true"),
                List.of("vm", "run", "--vcpu", "0"),
                List.of("vm", "set", "box"),
                List.of("vm", "set", "box", "--nat", "--no-nat"),
                List.of("vm", "run", "-d", "--", "true"),
                List.of("vm", "run", "--"),
                List.of("vm", "exec", "box", "-t", "-T", "--", "true"),
                List.of("vm", "nc", "box", "http"),
                List.of("image", "register", "--name", "x"),
                List.of("kernel", "import", "x"))) {
            var ran = prompt.run(words.toArray(String[]::new));
            assertThat(ran.status()).describedAs("%s: %s", words, ran.err()).isEqualTo(2);
            assertThat(ran.err()).startsWith("error: ").doesNotContain("bug");
            assertThat(ran.out()).isEmpty();
        }
        assertThat(prompt.daemon().requests()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"2097152G", "8388607T", "999999999T"})
    void memoryBeyondAllMeasureIsTooMuchAndNoBug(String size) {
        prompt.daemon().events("POST /v1/vms", result(vm("3f09a1c40000", "a", "running", Instant.now())));
        var ran = prompt.run("vm", "create", "--memory", size);
        assertThat(ran.status()).isEqualTo(2);
        assertThat(ran.err()).isEqualTo("error: --memory " + size + ": too much\n");
    }

    @Test
    void anAnswerThatBreaksTheCommandLineIsToldAsABug() {
        prompt.daemon().json("GET /v1/vms", "[{\"id\":\"short\"}]");
        var ran = prompt.run("vm", "list");
        assertThat(ran.status()).isEqualTo(1);
        assertThat(ran.err())
                .startsWith("error: a bug in banger's command line: ")
                .contains("\n  at banger")
                .contains("daemon log: ")
                .hasLineCount(3);
    }

    @Test
    void listIsATableOfWhatTheDaemonOrdered() {
        var now = Instant.now();
        prompt.daemon()
                .json(
                        "GET /v1/vms",
                        "[" + vm("3f09a1c40000", "brave-otter", "running", now.minusSeconds(190)) + ","
                                + vm("b71e02d80000", "old-toad", "stopped", now.minusSeconds(2 * 86_400 + 60))
                                        .replace(
                                                "\"workspace\":null",
                                                "\"workspace\":{\"guestPath\":\"/root/repo\",\"directory\":\"/root/repo\",\"mise\":false,\"hostPath\":\"/src/shop\","
                                                        + "\"branch\":\"main\",\"head\":\"3f2a91c" + "0".repeat(33)
                                                        + "\",\"preparedAt\":\"2026-01-01T00:00:00Z\"}")
                                        .replace("\"vcpu\":2", "\"vcpu\":16")
                                + "]");
        Golden.check("list.txt", prompt.run("vm", "list").transcript("vm", "list"));
        assertThat(prompt.run("ps").out()).isEqualTo(prompt.run("vm", "list").out());
        assertThat(prompt.run("vm", "ls").out())
                .isEqualTo(prompt.run("vm", "ps").out());
        assertThat(prompt.run("vm", "list", "-q").out()).isEqualTo("brave-otter\nold-toad\n");
        var json = prompt.run("vm", "list", "--json").out();
        assertThat(json).startsWith("[").contains("\"memoryMib\": 4096").endsWith("]\n");
        assertThat(prompt.run("vm", "list", "--json", "-q").out()).isEqualTo(json);
    }

    @Test
    void anEmptyListIsOneHelpfulLineAndNoData() {
        prompt.daemon().json("GET /v1/vms", "[]").json("GET /v1/images", "[]").json("GET /v1/kernels", "[]");
        assertThat(prompt.run("ps").transcript("ps"))
                .isEqualTo("$ banger ps\nno VMs; banger vm run starts one\n(status 0)\n");
        assertThat(prompt.run("vm", "list", "-q").transcript()).isEqualTo("$ banger \n(status 0)\n");
        assertThat(prompt.run("vm", "list", "--json").out()).isEqualTo("[]\n");
        assertThat(prompt.run("vm", "stats").transcript("vm", "stats"))
                .isEqualTo("$ banger vm stats\nno VM runs; banger vm run starts one\n(status 0)\n");
        var images = prompt.run("image", "list");
        assertThat(images.out()).isEmpty();
        assertThat(images.err()).isEqualTo("no images; banger image pull debian-bookworm builds one\n");
        assertThat(prompt.run("kernel", "list").out()).isEmpty();
    }

    @Test
    void imagesAndKernelsAreListedWithWhatCouldBeHad() {
        var made = Instant.now().minusSeconds(86_500);
        prompt.daemon()
                .json(
                        "GET /v1/images",
                        "[{\"name\":\"debian-bookworm\",\"digest\":\"0123456789abcdef\",\"managed\":true,\"path\":\"/p\",\"filesystem\":\"ext4\",\"bytes\":1181116006,\"source\":\"recipe\",\"createdAt\":\""
                                + made
                                + "\",\"available\":false},{\"name\":\"debian-minimal\",\"digest\":\"\",\"managed\":false,\"path\":\"\",\"filesystem\":\"\",\"bytes\":0,\"source\":\"catalog\",\"createdAt\":\"\",\"available\":true}]")
                .json(
                        "GET /v1/kernels?available=1",
                        "[{\"name\":\"debian-cloud\",\"digest\":\"0123456789abcdef\",\"release\":\"6.1.0-56-cloud-amd64\",\"source\":\"deb\",\"bytes\":26738688,\"importedAt\":\""
                                + made
                                + "\",\"pulled\":true},{\"name\":\"other\",\"digest\":\"\",\"release\":\"\",\"source\":\"\",\"bytes\":0,\"importedAt\":\"\",\"pulled\":false}]");
        Golden.check("images.txt", prompt.run("image", "list").out());
        Golden.check("kernels.txt", prompt.run("kernel", "list", "--available").out());
    }

    @Test
    void statsAreOfWhatRunsOrOfWhatIsNamed() {
        prompt.daemon()
                .json(
                        "GET /v1/vms",
                        "[" + vm("3f09a1c40000", "a", "running", Instant.now()) + ","
                                + vm("3f09a1c50000", "b", "stopped", Instant.now()) + "]")
                .json(
                        "GET /v1/vms/3f09a1c40000/stats",
                        "{\"name\":\"brave-otter\",\"state\":\"running\",\"cpuPercent\":2.6,\"rssBytes\":222298112,\"memoryBytes\":4294967296,\"diskBytes\":222298112,\"netInBytes\":1258291,\"netOutBytes\":317440,\"processes\":41}");
        Golden.check("stats.txt", prompt.run("vm", "stats").out());
    }

    @Test
    void doctorTellsWhatIsWrongAndFailsOnlyForFailures() {
        var checks = "{\"checks\":[{\"area\":\"engine\",\"status\":\"ok\",\"text\":\"qemu 7.2.22\",\"remedies\":[]},"
                + "{\"area\":\"space\",\"status\":\"warn\",\"text\":\"4.1 GiB free\",\"remedies\":[\"banger vm prune\"]},"
                + "{\"area\":\"space\",\"status\":\"info\",\"text\":\"more\",\"remedies\":[]}%s]}";
        prompt.daemon()
                .json("GET /v1/doctor", checks.formatted(""))
                .json(
                        "GET /v1/doctor?deep=1",
                        checks.formatted(",{\"area\":\"image\",\"status\":\"fail\",\"text\":\"x\",\"remedies\":[]}"));
        Golden.check(
                "doctor.txt",
                prompt.run("doctor").transcript("doctor")
                        + prompt.run("doctor", "--deep").transcript("doctor", "--deep"));
        assertThat(prompt.run("doctor", "--deep", "--json").status()).isEqualTo(1);
    }

    @Test
    void aLogThatBreaksOffIsTheConnectionsFaultAndNoBug() {
        prompt.daemon().handle("GET /v1/vms/box/logs?follow=1", (r, c) -> {
            banger.api.testing.FakeDaemon.startEvents(c);
            banger.api.testing.FakeDaemon.chunk(c, "[    0.0] Linux\n");
        });
        var ran = prompt.run("vm", "logs", "-f", "box");
        assertThat(ran.out()).isEqualTo("[    0.0] Linux\n");
        assertThat(ran.status()).isEqualTo(1);
        assertThat(ran.err()).startsWith("error: vm box: its log broke off").doesNotContain("bug");
    }

    @Test
    void createPrintsTheNameAndTellsTheRestOnStderr() {
        prompt.daemon()
                .events(
                        "POST /v1/vms",
                        "{\"event\":\"note\",\"text\":\"spec: 2 vcpu\"}",
                        "{\"event\":\"done\",\"object\":\"vm a\",\"text\":\"ready in {took}\",\"millis\":190}",
                        result(vm("3f09a1c40000", "brave-otter", "running", Instant.now())));
        assertThat(prompt.run("vm", "create", "--memory", "2G", "--nat").transcript("x"))
                .isEqualTo("$ banger x\nbrave-otter\nspec: 2 vcpu\nvm a: ready in 0.19 s\n(status 0)\n");
        assertThat(prompt.run("vm", "create", "-q").transcript("x")).isEqualTo("$ banger x\nbrave-otter\n(status 0)\n");
        assertThat(prompt.daemon().requests().getFirst())
                .isEqualTo(
                        "POST /v1/vms {\"memoryMib\":2048,\"nat\":true,\"start\":true,\"offline\":false,\"remove\":false}");
    }

    @Test
    void killTellsTheSignalOnceAndAsItIsCalled() {
        prompt.daemon()
                .events(
                        "POST /v1/vms/box/kill",
                        "{\"event\":\"note\",\"text\":\"vm box: sent SIGTERM\"}",
                        result(vm("3f09a1c40000", "box", "running", Instant.now())));
        var ran = prompt.run("vm", "kill", "--signal", "sigterm", "box");
        assertThat(ran.transcript("x")).isEqualTo("$ banger x\nvm box: sent SIGTERM\n(status 0)\n");
        assertThat(prompt.daemon().requests()).containsExactly("POST /v1/vms/box/kill {\"signal\":\"TERM\"}");
    }

    @Test
    void setTellsWhatIsNow() {
        prompt.daemon().json("PATCH /v1/vms/box", vm("3f09a1c40000", "box", "stopped", Instant.now()));
        assertThat(prompt.run("vm", "set", "box", "--memory", "4G").transcript("x"))
                .isEqualTo("$ banger x\nvm box: 2 vcpu | 4096 MiB | 8G disk | nat off\n(status 0)\n");
        assertThat(prompt.daemon().requests()).containsExactly("PATCH /v1/vms/box {\"memoryMib\":4096}");
    }

    @Test
    void aReferenceIsOneSegmentOfThePathWhateverIsInIt() {
        prompt.run("vm", "show", "a/b ?c%\u00e4\n");
        assertThat(prompt.daemon().requests()).containsExactly("GET /v1/vms/a%2Fb%20%3Fc%25%C3%A4%0A");
    }

    @Test
    void daemonVerbsLookAtTheOneThatRuns() throws IOException {
        assertThat(prompt.run("daemon", "status").out())
                .contains("version     0.2.0 (build b1)\n")
                .contains("running     2 VMs\n");
        assertThat(prompt.run("daemon", "socket").out())
                .isEqualTo(prompt.layout().socket() + "\n");
        assertThat(prompt.run("daemon", "logs").err()).startsWith("no daemon log at ");
        Files.createDirectories(prompt.layout().logs());
        Files.writeString(prompt.layout().daemonLog(), "x\n".repeat(60) + "last\033[1m\n");
        assertThat(prompt.run("daemon", "logs").out()).hasLineCount(50).endsWith("last\\x1b[1m\n");
        assertThat(prompt.run("daemon", "logs", "--all").out()).hasLineCount(61);
        prompt.daemon().answer("POST /v1/daemon/stop", 409, error("daemon.busy", "bangerd: 1 operation under way"));
        assertThat(prompt.run("daemon", "stop").status()).isEqualTo(1);
        prompt.close();
        assertThat(prompt.run("daemon", "status").transcript("x"))
                .isEqualTo("$ banger x\nbangerd: does not run; the next command that needs it starts it\n(status 1)\n");
        assertThat(prompt.run("daemon", "stop").transcript("x"))
                .isEqualTo("$ banger x\nbangerd: already stopped\n(status 0)\n");
    }

    @Test
    void versionIsOnStdout() {
        for (var words : List.of("version", "--version")) {
            assertThat(prompt.run(words).out()).matches("banger \\S+ \\(build \\S+, built .*\\)\n");
        }
        assertThat(prompt.run("version", "--json").out())
                .matches("(?s)\\{\\s*\"version\": \"\\S+\",\\s*\"build\": \"\\S+\",\\s*\"builtAt\": \".*\"\\s*\\}\n");
    }
}
