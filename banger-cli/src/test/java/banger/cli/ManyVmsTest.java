package banger.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One verb for several VMs, and what is asked before many go. */
class ManyVmsTest {
    @TempDir
    Path home;

    private Prompt prompt;

    @BeforeEach
    void open() {
        prompt = new Prompt(home);
        for (var name : new String[] {"a", "b", "c"})
            prompt.daemon()
                    .events("DELETE /v1/vms/" + name, CliTest.result(vm(name, "running")))
                    .json("GET /v1/vms/" + name, vm(name, "running"));
    }

    @AfterEach
    void close() {
        prompt.close();
    }

    private static String vm(String name, String state) {
        return CliTest.vm("00000000000" + name, name, state, Instant.parse("2026-01-01T00:00:00Z"));
    }

    @Test
    void workThatWasNeverPulledStaysWithoutDiscard() {
        prompt.daemon()
                .answer(
                        "DELETE /v1/vms/a",
                        409,
                        CliTest.error("workspace.unpulled", "vm a: holds work", "M src/main.c"))
                .events("DELETE /v1/vms/a?discard=1", CliTest.result(vm("a", "running")));
        var refused = prompt.run("vm", "delete", "a");
        assertThat(refused.status()).isEqualTo(1);
        assertThat(refused.err()).isEqualTo("error: vm a: holds work\n  M src/main.c\n");
        assertThat(prompt.run("vm", "delete", "--discard", "a").status()).isZero();
    }

    @Test
    void goodOnesGoOnAndEachIsDoneOnceInTheOrderGiven() {
        prompt.daemon()
                .answer("DELETE /v1/vms/x", 404, CliTest.error("vm.not-found", "no VM named x", "banger vm list"));
        var ran = prompt.run("vm", "delete", "c", "x", "a", "c", "b", "a");
        assertThat(ran.status()).isEqualTo(1);
        assertThat(ran.err())
                .contains("vm a: deleted", "vm b: deleted", "vm c: deleted", "error: no VM named x\n  banger vm list");
        assertThat(ran.err()
                        .lines()
                        .filter(l -> !l.startsWith(" "))
                        .map(l -> l.replaceAll(".*(vm|named) ([a-z]).*", "$2")))
                .containsExactly("c", "x", "a", "b");
        assertThat(prompt.daemon().requests())
                .containsExactlyInAnyOrder(
                        "DELETE /v1/vms/a", "DELETE /v1/vms/b", "DELETE /v1/vms/c", "DELETE /v1/vms/x");
    }

    @Test
    void allWellIsStatusZero() {
        assertThat(prompt.run("vm", "delete", "a", "b").status()).isZero();
    }

    @Test
    void oneAloneFailsAsItself() {
        prompt.daemon().answer("DELETE /v1/vms/x", 400, CliTest.error("usage", "x: no"));
        assertThat(prompt.run("vm", "delete", "x", "x").status()).isEqualTo(2);
    }

    @Test
    void jsonOfSeveralComesInTheOrderGivenToo() {
        var out = prompt.run("vm", "delete", "--json", "c", "a", "b").out();
        assertThat(out.lines().filter(l -> l.contains("\"name\"")).map(l -> l.replaceAll(".*: \"(.)\".*", "$1")))
                .containsExactly("c", "a", "b");
    }

    @Test
    void showGoesOnToo() {
        prompt.daemon().answer("GET /v1/vms/x", 404, CliTest.error("vm.not-found", "no VM named x"));
        var ran = prompt.run("vm", "show", "x", "a");
        assertThat(ran.status()).isEqualTo(1);
        assertThat(ran.out()).contains("\"name\": \"a\"");
        assertThat(ran.err()).isEqualTo("error: no VM named x\n");
    }

    private void idle() {
        prompt.daemon()
                .json("GET /v1/vms", "[" + vm("c", "running") + "," + vm("a", "stopped") + "," + vm("b", "error") + "]")
                .events("DELETE /v1/vms/00000000000a", CliTest.result(vm("a", "stopped")))
                .events("DELETE /v1/vms/00000000000b", CliTest.result(vm("b", "error")));
    }

    @Test
    void pruneWithoutSomebodyToAskDeletesNothing() {
        idle();
        var ran = prompt.ttys("011").run("vm", "prune");
        assertThat(ran.status()).isEqualTo(2);
        assertThat(ran.err())
                .isEqualTo("error: vm prune: would delete 2 VMs and cannot ask here\n  banger vm prune --force\n");
        assertThat(prompt.daemon().requests()).containsExactly("GET /v1/vms");
    }

    @ParameterizedTest
    @CsvSource({"y, 0", "Y, 0", "yes, 0", "' yes ', 0", "n, 1", "'', 1", "yep, 1", "\u00ff, 1"})
    void pruneShowsWhatWillGoAndOnlyAYesIsAYes(String answer, int status) {
        idle();
        var ran = prompt.ttys("111").input(answer + "\n").run("vm", "prune");
        assertThat(ran.status()).isEqualTo(status);
        assertThat(ran.out()).isEmpty();
        assertThat(ran.err()).startsWith("""
                NAME  STATE    IMAGE               DISK
                a     stopped  debian-bookworm  212 MiB
                b     error    debian-bookworm  212 MiB
                delete these 2 VMs? [y/N] """);
        assertThat(prompt.daemon().requests()).hasSize(status == 0 ? 3 : 1);
    }

    @Test
    void theEndOfTheInputIsANo() {
        idle();
        assertThat(prompt.ttys("111").input("").run("vm", "prune").status()).isEqualTo(1);
        assertThat(prompt.ttys("111").input("y").run("vm", "prune").status()).isZero();
    }

    @Test
    void forceAsksNobody() {
        idle();
        var ran = prompt.run("vm", "prune", "-f");
        assertThat(ran.status()).isZero();
        assertThat(ran.err()).isEqualTo("vm a: deleted\nvm b: deleted\n");
    }

    @Test
    void withNothingToPruneItSaysSo() {
        prompt.daemon().json("GET /v1/vms", "[" + vm("c", "running") + "]");
        assertThat(prompt.run("vm", "prune").transcript("x"))
                .isEqualTo("$ banger x\nnothing to prune: every VM runs, or there is none\n(status 0)\n");
    }
}
