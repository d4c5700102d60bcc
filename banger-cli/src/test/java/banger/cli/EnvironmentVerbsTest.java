package banger.cli;

import static org.assertj.core.api.Assertions.assertThat;

import banger.api.Layout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a repository asks for, up to the request for a VM: nothing is made before it is agreed to. */
class EnvironmentVerbsTest {
    private static final String MAKE = "POST /v1/vms";
    private static final String FILE = "[environment]\nsetup = [\"make deps\"]\nkeys = [\"lock\"]\nimage = \"small\"\n"
            + "vcpu = 3\nmemory = \"1G\"\nnat = true\n";

    @TempDir
    Path home;

    private Prompt prompt;
    private Path repo;

    @BeforeEach
    void open() throws Exception {
        prompt = new Prompt(home);
        prompt.environment("PATH", "/usr/bin:/bin").environment("HOME", home.toString());
        repo = Files.createDirectories(home.resolve("shop"));
        git("init", "-q", "-b", "main");
        // Whatever is asked of the daemon, it makes nothing.
        prompt.daemon().events(MAKE, CliTest.failed("host.memory", "no room"));
    }

    @AfterEach
    void close() {
        prompt.close();
    }

    private void git(String... words) throws IOException, InterruptedException {
        var all = new ArrayList<>(List.of("git", "-C", repo.toString()));
        all.addAll(List.of(words));
        assertThat(new ProcessBuilder(all).inheritIO().start().waitFor()).isZero();
    }

    private void write(String name, String content) throws IOException, InterruptedException {
        Files.writeString(repo.resolve(name), content);
        git("add", "-A");
    }

    private Prompt.Ran run(String... flags) {
        var words = new ArrayList<>(List.of("vm", "run"));
        words.addAll(List.of(flags));
        words.addAll(List.of(repo.toString(), "--", "true"));
        return prompt.run(words.toArray(String[]::new));
    }

    /** The one request for a VM. */
    private String asked() {
        return prompt.daemon().seen().stream()
                .filter(r -> (r.method() + " " + r.target()).equals(MAKE))
                .reduce((a, b) -> {
                    throw new AssertionError("asked twice");
                })
                .orElseThrow()
                .body();
    }

    private boolean askedNothing() {
        return prompt.daemon().requests().stream().noneMatch(r -> r.startsWith("POST"));
    }

    @Test
    void withoutAFileAndLockFilesNothingIsSaid() throws Exception {
        write("README", "");
        assertThat(run().err()).isEqualTo("error: no room\n");
        assertThat(asked()).doesNotContain("environment");
    }

    @Test
    void whatNobodyAgreedToIsRefusedWithoutATerminal() throws Exception {
        write("lock", "1");
        write(".banger.toml", FILE);
        var ran = run();
        assertThat(ran.status()).isEqualTo(125);
        assertThat(ran.err()).isEqualTo("""
                error: ~/shop/.banger.toml: nobody agreed to what it asks for
                  setup   make deps
                  key     lock
                  image   small
                  vcpu    3
                  memory  1024 MiB
                  nat     its VMs reach the network outside
                  banger env approve %1$s, or banger vm run --no-env %1$s
                """.formatted(repo));
        assertThat(askedNothing()).isTrue();
        run("--no-env");
        assertThat(asked()).doesNotContain("environment", "small").contains("\"nat\":false");
    }

    @Test
    void agreedToItIsAskedForUntilItChanges() throws Exception {
        write("lock", "1");
        write(".banger.toml", FILE);
        assertThat(prompt.run("env", "approve", repo.toString()).err())
                .contains("~/shop/.banger.toml asks for:\n  setup   make deps\n", "agreed to, as it is now");
        run();
        assertThat(asked())
                .contains(
                        "\"image\":\"small\"",
                        "\"vcpu\":3",
                        "\"memoryMib\":1024",
                        "\"nat\":true",
                        "\"setup\":[\"make deps\"]",
                        "\"files\":[\"lock\"]",
                        "\"guestPath\":\"/root/repo\"",
                        "\"repository\":\"" + repo + "\"",
                        "\"rebuild\":false");
        write(".banger.toml", FILE + "# and more\n");
        assertThat(run().err()).contains("nobody agreed to what it asks for");
    }

    @Test
    void flagsSayOtherwise() throws Exception {
        write("lock", "1");
        write(".banger.toml", FILE);
        prompt.run("env", "approve", repo.toString());
        run("--image", "big", "--memory", "2G", "--rebuild-env");
        assertThat(asked()).contains("\"image\":\"big\"", "\"vcpu\":3", "\"memoryMib\":2048", "\"rebuild\":true");
    }

    @Test
    void howAMachineBeginsSaysThatItIsNoSavedOne() throws Exception {
        write("lock", "1");
        write(".banger.toml", FILE);
        prompt.run("env", "approve", repo.toString());
        run("--cold");
        assertThat(asked()).contains("\"image\":\"small\"", "\"boot\":\"cold\"").doesNotContain("make deps");
    }

    @Test
    void onATerminalItIsAsked() throws Exception {
        write("lock", "1");
        write(".banger.toml", FILE);
        prompt.ttys("111").input("n\n");
        assertThat(run().err())
                .contains("it asks for:\n  setup   make deps\n", "agree, for this repository? [y/N] ", "not agreed to");
        assertThat(askedNothing()).isTrue();
        prompt.input("y\n");
        run();
        assertThat(asked()).contains("make deps");
        try (var files = Files.list(
                Layout.of(Map.of("BANGER_HOME", home.toString()), home).approvals())) {
            assertThat(files).hasSize(1);
        }
    }

    @Test
    void aKeyThatChangesMakesAnotherDigest() throws Exception {
        write(".banger.toml", FILE);
        assertThat(run().err()).contains("~/shop/.banger.toml: keys: lock: no such file in the repository");
        assertThat(askedNothing()).isTrue();
        Files.writeString(repo.resolve("lock"), "1");
        prompt.run("env", "approve", repo.toString());
        run();
        var one = asked().replaceAll(".*\"digest\":\"([0-9a-f]{64})\".*", "$1");
        // 8 bytes of each length, "lock" and "1", by sha256sum.
        assertThat(one).isEqualTo("74c94f5c5787830334a7a7e0e1c2183f07cfdda2dc86b106a007753260674309");
        Files.writeString(repo.resolve("lock"), "2");
        assertThat(run().status()).isEqualTo(125);
        assertThat(prompt.daemon().seen().getLast().body())
                .contains("\"digest\"")
                .doesNotContain(one);
    }

    @Test
    void lockFilesNeedTheNetworkAndAreOnlyNamedWithout() throws Exception {
        write("package-lock.json", "{}");
        assertThat(run().err())
                .startsWith(
                        "note: package-lock.json: with --nat its dependencies would be set up once (npm ci) and kept;"
                                + " banger env init writes that down\n");
        assertThat(asked()).doesNotContain("npm ci");
    }

    @Test
    void withTheNetworkTheyAreAskedFor() throws Exception {
        write("package-lock.json", "{}");
        write("mise.toml", "");
        run("--nat");
        assertThat(asked())
                .contains("\"setup\":[\"mise install\",\"npm ci\"]", "\"files\":[\"mise.toml\",\"package-lock.json\"]");
    }

    @Test
    void toolsThatAreNotWantedAreNotSetUp() throws Exception {
        write("mise.toml", "");
        assertThat(run().status()).isEqualTo(2);
        assertThat(askedNothing()).isTrue();
        run("--nat", "--no-bootstrap");
        assertThat(asked()).doesNotContain("mise install");
    }

    @Test
    void whatIsRecognisedIsWrittenDownAndAgreedTo() throws Exception {
        assertThat(prompt.run("env", "init", repo.toString()).err()).contains("~/shop: no lock file that banger knows");
        write("go.mod", "module x\n");
        write("go.sum", "");
        assertThat(prompt.run("env", "init", repo.toString()).status()).isZero();
        assertThat(Files.readString(repo.resolve(".banger.toml"))).endsWith("""
                [environment]
                setup = ["go mod download"]
                keys = ["go.sum", "go.mod"]
                nat = true
                """);
        run();
        assertThat(asked()).contains("\"setup\":[\"go mod download\"]", "\"nat\":true");
        assertThat(prompt.run("env", "init", repo.toString()).err()).contains("~/shop/.banger.toml: is there already");
    }

    @Test
    void initFollowsNoLink() throws Exception {
        write("Cargo.lock", "");
        Files.createSymbolicLink(repo.resolve(".banger.toml"), home.resolve("elsewhere"));
        assertThat(prompt.run("env", "init", repo.toString()).status()).isEqualTo(1);
        assertThat(home.resolve("elsewhere")).doesNotExist();
        assertThat(run().err()).contains("/shop/.banger.toml: not a regular file");
    }

    @Test
    void flagsAboutARepositoryNeedOne() {
        assertThat(prompt.run("vm", "run", "--no-env", "--", "true").status()).isEqualTo(2);
        assertThat(prompt.run("vm", "run", "--rebuild-env", "--", "true").status())
                .isEqualTo(2);
        assertThat(run("--no-env", "--rebuild-env").status()).isEqualTo(2);
        assertThat(askedNothing()).isTrue();
    }

    @Test
    void pruneKeepsTheOneUsedLastOfEachRepositoryThatIsThere() {
        prompt.daemon()
                .json(
                        "GET /v1/environments",
                        "[" + environment("aa", repo, "/root/repo") + "," + environment("bb", repo, "/root/other") + ","
                                + environment("cc", repo, "/root/repo") + ","
                                + environment("dd", home.resolve("gone"), "/root/repo") + "]");
        assertThat(prompt.run("env", "prune", "--dry-run").err()).isEqualTo("would free 4.0 MiB in 2 environments\n");
        assertThat(prompt.daemon().requests()).noneMatch(r -> r.startsWith("DELETE"));
        for (var id : List.of("cc", "dd"))
            prompt.daemon()
                    .events("DELETE /v1/environments/" + id, CliTest.result(environment(id, repo, "/root/repo")));
        assertThat(prompt.run("env", "prune").err()).isEqualTo("freed 4.0 MiB in 2 environments\n");
        assertThat(prompt.daemon().requests())
                .filteredOn(r -> r.startsWith("DELETE"))
                .containsExactly("DELETE /v1/environments/cc", "DELETE /v1/environments/dd");
        assertThat(prompt.run("env", "list").out().lines())
                .first()
                .isEqualTo("ID  REPOSITORY  IMAGE  VCPU      MEM  NAT     DISK  USED   CREATED");
    }

    private static String environment(String digest, Path repository, String path) {
        return "{\"digest\":\"" + digest + "\",\"repository\":\"" + repository + "\",\"guestPath\":\"" + path
                + "\",\"setup\":[\"ls\"],\"files\":[],\"nat\":false,\"engine\":\"qemu\",\"image\":\"small\","
                + "\"imageDigest\":\"ee\",\"vcpu\":1,\"memoryMib\":512,\"bytes\":2097152,\"memoryBytes\":1048576,"
                + "\"log\":\"\",\"madeMillis\":5,\"createdAt\":\"2026-01-01T00:00:00Z\","
                + "\"usedAt\":\"2026-01-01T00:00:00Z\"}";
    }
}
