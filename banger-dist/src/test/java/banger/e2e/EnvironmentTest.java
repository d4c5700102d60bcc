package banger.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import banger.api.model.VmInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A repository's dependencies, set up once in a real VM and continued from. */
@Tag("vm")
class EnvironmentTest {
    @RegisterExtension
    static final TestHome HOME = TestHome.withoutInit();

    /** What no saved machine may have: each is the user's. */
    private static final Map<String, String> CANARIES = Map.of(
            "synced file", "canary-synced-5f1c77",
            "name of the repository's git identity", "Canary Repository 91ab20",
            "name of the user's git identity", "Canary User 3380de",
            "variable", "canary-variable-c07d41");

    /** What it must have, on both disks. */
    private static final String CONTROL = "control-44b8e3";

    @TempDir
    Path directory;

    private Checkout repo;

    private String image;

    @BeforeEach
    void repository() throws Exception {
        repo = Checkout.in(directory);
        repo.write("control", CONTROL + "\n");
        repo.write("lock", "1\n");
        setUpIn(HOME.image());
        repo.git("add", "-A");
        repo.git("commit", "-q", "-m", "second");
    }

    @AfterEach
    void end() {
        HOME.deleteAll();
        var all = HOME.run("env", "list", "--json").ok().out();
        for (var id : ids(all)) HOME.run("env", "rm", id).ok();
    }

    private static List<String> ids(String json) {
        return json.lines()
                .filter(l -> l.contains("\"digest\""))
                .map(l -> l.replaceAll(".*: \"([0-9a-f]+)\".*", "$1"))
                .toList();
    }

    private static List<String> environments() {
        return ids(HOME.run("env", "list", "--json").ok().out());
    }

    private void setUpIn(String image) throws IOException {
        this.image = image;
        asks(
                "cp control /var/lib; echo set up; echo apart >&2; cat; echo made > /root/made; cp /etc/hostname /var/lib/made; echo x > x.o",
                "true");
    }

    /** It asks for this, and its owner agrees. */
    private void asks(String... setup) throws IOException {
        var commands = new ArrayList<String>();
        for (var command : setup) commands.add("'" + command + "'");
        repo.write(
                ".banger.toml",
                "[environment]\nsetup = [" + String.join(", ", commands) + "]\nkeys = [\"lock\"]\nimage = \"" + image
                        + "\"\nvcpu = 1\nmemory = \"512M\"\n");
        HOME.run("env", "approve", repo.toString()).ok();
    }

    /** {@code vm run} without a word about the VM: what it is like stands in the repository. */
    private Program run(String... words) {
        var all = new ArrayList<>(List.of("vm", "run"));
        all.addAll(List.of(words));
        return HOME.banger(all);
    }

    @Test
    void theFirstRunSetsUpAndTheNextContinues() throws Exception {
        setUpIn(Prepared.IMAGE);
        repo.git("commit", "-qam", "third");
        var before = repo.snapshot();
        var first = run("--name", "one", repo.toString(), "--", "sh", "-c", "cat /root/made x.o tracked; git status -s")
                .run()
                .ok();
        assertThat(first.out()).isEqualTo("made\nx\ntracked\n");
        assertThat(first.err())
                .containsSubsequence(
                        "vm one: ready to be set up in ",
                        "/shop at ",
                        "setup: cp control /var/lib; echo set up",
                        "\nset up\n",
                        "setup: true\n",
                        "vm one: set up in ",
                        "environment ",
                        ": saved in ",
                        "vm one: ready in ",
                        "(from environment)",
                        ": 0 files, 0 B of 6 files in ")
                .contains("\napart\n");
        assertThat(HOME.vm("one").boot()).isEqualTo("environment");

        repo.write("tracked", "later\n");
        var second = run("--name", "two", repo.toString(), "--", "sh", "-c", "cat /root/made x.o tracked; hostname")
                .run()
                .ok();
        assertThat(second.out()).isEqualTo("made\nx\nlater\ntwo\n");
        assertThat(second.err())
                .contains("(from environment)", "1 file, 6 B of 6 files")
                .doesNotContain("setup:");
        assertThat(HOME.vm("two").boot()).isEqualTo("environment");
        assertThat(environments()).hasSize(1);

        // It is a workspace like any: its base is what was delivered, and what is ignored is nobody's work.
        assertThat(HOME.run("vm", "diff", "two").ok().out()).isEmpty();
        HOME.exec("two", "sh", "-c", "git commit -qam work --allow-empty").ok();
        HOME.run("vm", "pull", "two", "--branch", "otter").ok();
        assertThat(repo.git("log", "-1", "--format=%s %an", "otter")).isEqualTo("work A\n");
        repo.git("branch", "-qD", "otter");
        repo.write("tracked", "tracked\n");
        assertThat(repo.snapshot()).containsAllEntriesOf(before);
    }

    @Test
    void aRaceInARepositoryHasWhatWasSetUpInEachCopy() {
        var race = HOME.run(
                        "vm",
                        "race",
                        repo.toString(),
                        "--name",
                        "try",
                        "-e",
                        "sleep 1000",
                        "-e",
                        "cat /root/made tracked; echo new > made-here")
                .ok();
        assertThat(race.out()).isEqualTo("made\ntracked\n");
        assertThat(race.err())
                .contains("setup: true\n")
                .containsPattern("try-2 +won ")
                .containsPattern("try-1 +stopped ");
        assertThat(HOME.vms()).extracting(VmInfo::name).containsExactly("try-2");
        assertThat(HOME.run("vm", "diff", "try-2").ok().out()).contains("made-here");
    }

    @Test
    void aKeyThatChangesSetsUpAgain() throws Exception {
        run("--rm", repo.toString(), "--", "true").run().ok();
        repo.write("lock", "2\n");
        assertThat(run("--rm", repo.toString(), "--", "cat", "lock").run().ok().err())
                .contains("\nset up\n");
        assertThat(environments()).hasSize(2);
        assertThat(run("--rm", "--rebuild-env", repo.toString(), "--", "true")
                        .run()
                        .ok()
                        .err())
                .contains("\nset up\n");
        assertThat(HOME.run("env", "prune").ok().err()).contains(" in 1 environment\n");
        assertThat(environments()).hasSize(1);
        // What it is continued from is the one that is left.
        assertThat(run("--rm", repo.toString(), "--", "true").run().ok().err()).doesNotContain("setup:");
        assertThat(HOME.vms()).isEmpty();
    }

    @Test
    void aSetupThatFailsSavesNothingAndKeepsTheVm() throws Exception {
        asks("echo before", "echo why >&2; exit 3", "echo after");
        var ended = run("--name", "box", repo.toString(), "--", "echo", "never")
                .run()
                .expect(125);
        assertThat(ended.out()).isEmpty();
        assertThat(ended.err())
                .contains("\nwhy\n", "error: vm box: setup failed: echo why >&2; exit 3: status 3\n")
                .contains("vm box: still running; banger vm exec box -- sh, or banger vm delete box\n")
                .doesNotContain("echo after");
        var log = HOME.state().resolve("logs/setup-" + HOME.vm("box").id() + ".log");
        assertThat(log).hasContent("setup: echo before\nbefore\nsetup: echo why >&2; exit 3\nwhy\n");
        assertThat(HOME.exec("box", "cat", "tracked").ok().out()).isEqualTo("tracked\n");
        assertThat(environments()).isEmpty();
        HOME.run("vm", "delete", "box").ok();
        run("--rm", repo.toString(), "--", "echo", "never").run().expect(125);
        assertThat(HOME.vms()).isEmpty();
        assertThat(HOME.state().resolve("rescue")).doesNotExist();
    }

    @Test
    void ctrlCWhileItIsSetUp() throws Exception {
        asks("echo begun; sleep 1000");
        for (var kept : List.of(false, true)) {
            var words = kept ? new String[] {"--name", "box"} : new String[] {"--rm", "--name", "box"};
            var all = new ArrayList<>(List.of(words));
            all.addAll(List.of(repo.toString(), "--", "true"));
            try (var running = run(all.toArray(String[]::new)).start()) {
                running.awaitErr("\nbegun\n");
                running.signal("INT");
                assertThat(running.await().err()).doesNotContain("Exception");
            }
            assertThat(HOME.vms()).hasSize(kept ? 1 : 0);
            assertThat(environments()).isEmpty();
        }
        // It is a VM like any once it has begun again.
        HOME.run("vm", "restart", "box").ok();
        assertThat(HOME.exec("box", "cat", "tracked").ok().out()).isEqualTo("tracked\n");
    }

    @Test
    void aSecretIsGivenToSetupByName() throws Exception {
        asks("test \"$TOKEN\" = sesame && echo \"$TOKEN\" > /root/token");
        var file = repo.top().resolve(".banger.toml");
        Files.writeString(file, Files.readString(file) + "secrets = [\"TOKEN\"]\n");
        HOME.run("env", "approve", repo.toString()).ok();
        assertThat(run(repo.toString(), "--", "true").run().expect(125).err())
                .contains("/shop/.banger.toml: secrets: TOKEN is not set here");
        assertThat(HOME.vms()).isEmpty();
        var ended = run("--rm", repo.toString(), "--", "sh", "-c", "cat /root/token; echo ${TOKEN-none}")
                .env("TOKEN", "sesame")
                .run()
                .ok();
        assertThat(ended.out()).isEqualTo("sesame\nnone\n");
        assertThat(ended.err()).contains("warning: TOKEN: setup gets it");
        assertThat(run("--rm", repo.toString(), "--", "cat", "/root/token")
                        .run()
                        .ok()
                        .out())
                .isEqualTo("sesame\n");
    }

    @Test
    void whatNobodyAgreedToMakesNothing() throws Exception {
        repo.write(".banger.toml", Files.readString(repo.top().resolve(".banger.toml")) + "nat = true\n");
        assertThat(run(repo.toString(), "--", "true").run().expect(125).err())
                .contains("nobody agreed to what it asks for", "  nat     its VMs reach the network outside\n");
        assertThat(HOME.vms()).isEmpty();
        assertThat(Checkout.run(HOME, "--rm", "--no-env", repo.toString(), "--", "sh", "-c", "ls /root")
                        .run()
                        .ok()
                        .out())
                .isEqualTo("repo\n");
        assertThat(environments()).isEmpty();
    }

    @Test
    void builtAheadOfItsFirstRun() throws Exception {
        assertThat(HOME.run("env", "build", repo.toString()).ok().err()).contains("\nset up\n");
        assertThat(HOME.vms()).isEmpty();
        var id = environments().getFirst();
        assertThat(HOME.run("env", "show", id.substring(0, 8)).ok().out())
                .contains("\"repository\": \"" + repo + "\"", "\"guestPath\": \"/root/repo\"", "\"lock\"");
        assertThat(HOME.run("env", "build", repo.toString()).ok().err()).contains("there already");
        assertThat(run("--rm", repo.toString(), "--", "cat", "/root/made")
                        .run()
                        .ok()
                        .out())
                .isEqualTo("made\n");
        assertThat(HOME.run("env", "rm", id.substring(0, 8)).ok().err()).endsWith(": removed\n");
        assertThat(environments()).isEmpty();
    }

    @Test
    void nothingOfTheUsersIsInIt() throws Exception {
        setUpIn(Prepared.IMAGE);
        repo.git("commit", "-qam", "third");
        var home = Files.createDirectories(directory.resolve("sam"));
        Files.writeString(home.resolve(".netrc"), CANARIES.get("synced file") + "\n");
        Files.writeString(
                home.resolve(".gitconfig"),
                "[user]\n name = " + CANARIES.get("name of the user's git identity") + "\n email = u@example.org\n");
        repo.git("config", "user.name", CANARIES.get("name of the repository's git identity"));
        HOME.settings("[[file_sync]]\nhost = \"~/.netrc\"\nguest = \"~/.netrc\"\n");
        var canaries = new TreeMap<>(CANARIES);
        try {
            HOME.run("daemon", "stop").ok();
            var ended = run(
                            "--name",
                            "box",
                            "-e",
                            "CANARY=" + CANARIES.get("variable"),
                            repo.toString(),
                            "--",
                            "sh",
                            "-c",
                            "cat /root/.netrc; git config user.name; (cd /; git config user.name); echo $CANARY")
                    .env("HOME", home.toString())
                    .run()
                    .ok();
            // The VM that was made for the user has all of it …
            assertThat(ended.out().lines())
                    .containsExactly(
                            CANARIES.get("synced file"),
                            CANARIES.get("name of the repository's git identity"),
                            CANARIES.get("name of the user's git identity"),
                            CANARIES.get("variable"));
            var key =
                    Files.readString(HOME.state().resolve("ssh/id_ed25519.pub")).split(" ")[1];
            canaries.put("public key", key);
            canaries.put(
                    "VM's host key",
                    Files.readString(HOME.state()
                                    .resolve("ssh/vms/" + HOME.vm("box").id() + ".known_hosts"))
                            .strip()
                            .replaceAll(".* ", ""));
        } finally {
            HOME.deleteAll();
            HOME.run("daemon", "stop").ok();
            HOME.settings("");
        }
        // … and the machine that it continued from, none; the search finds what is there.
        var saved = HOME.state().resolve("environments").resolve(environments().getFirst());
        assertThat(Trees.names(saved)).contains("memory", "state", "overlay", "work");
        assertThat(found(saved.resolve("work"), CONTROL)).isTrue();
        assertThat(found(saved.resolve("overlay"), CONTROL)).isTrue();
        for (var part : Trees.names(saved))
            canaries.forEach((what, text) -> assertThat(found(saved.resolve(part), text))
                    .as(what + " in " + part)
                    .isFalse());
    }

    /** Whether this text is in a file. Its holes are left out: two of the files have 8 GiB of them. */
    private static boolean found(Path file, String text) {
        var search = "tar -cS --hole-detection=seek -C \"${1%/*}\" \"${1##*/}\" | LC_ALL=C grep -aqF -e \"$2\"";
        var ended = new Program(List.of("sh", "-c", search, "sh", file.toString(), text), HOME.environment()).run();
        if (ended.status() > 1) throw new AssertionError(ended.toString());
        return ended.status() == 0;
    }
}
