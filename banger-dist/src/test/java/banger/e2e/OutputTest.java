package banger.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.avaje.jsonb.Jsonb;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Data on stdout, in tables, names and JSON; words on stderr. */
@Tag("vm")
class OutputTest {
    @RegisterExtension
    static final TestHome HOME = TestHome.withoutInit();

    @BeforeAll
    static void make() {
        assertThat(HOME.run("vm", "list").ok()).satisfies(e -> {
            assertThat(e.out()).isEmpty();
            assertThat(e.err()).isEqualTo("no VMs; banger vm run starts one\n");
        });
        HOME.create("--no-start", "--name", "idle").ok();
        HOME.boot("runs");
    }

    @AfterAll
    static void delete() {
        HOME.deleteAll();
    }

    private static Map<String, Object> object(String json) {
        return Jsonb.instance().type(Object.class).map().fromJson(json);
    }

    private static List<Object> array(String json) {
        return Jsonb.instance().type(Object.class).list().fromJson(json);
    }

    @Test
    void theListIsATableWithRunningVmsFirst() {
        for (var words : List.of(List.of("vm", "list"), List.of("vm", "ls"), List.of("vm", "ps"), List.of("ps"))) {
            var lines = HOME.banger(words).run().ok().out().lines().toList();
            assertThat(lines.get(0).split(" +"))
                    .containsExactly(
                            "ID", "NAME", "STATE", "IMAGE", "IP", "VCPU", "MEM", "DISK", "WORKSPACE", "CREATED");
            assertThat(lines.get(1))
                    .matches("[0-9a-f]{8}  runs  running  debian-no-init  172\\.16\\.0\\.\\d+ .*512 MiB.*");
            assertThat(lines.get(2)).matches("[0-9a-f]{8}  idle  created .*");
            assertThat(lines).hasSize(3);
        }
    }

    @Test
    void quietIsNamesOnly() {
        assertThat(HOME.run("vm", "list", "-q").ok().out()).isEqualTo("runs\nidle\n");
        assertThat(HOME.run("ps", "-q").ok().err()).isEmpty();
    }

    @Test
    void jsonParsesEverywhere() {
        assertThat(array(HOME.run("vm", "list", "--json").ok().out())).hasSize(2);
        assertThat(array(HOME.run("image", "list", "--json").ok().out())).isNotEmpty();
        assertThat(array(HOME.run("kernel", "list", "--json").ok().out())).isNotEmpty();
        assertThat(array(HOME.run("vm", "stats", "--json").ok().out())).hasSize(1);
        assertThat(object(HOME.run("vm", "show", "runs").ok().out()))
                .containsEntry("name", "runs")
                .containsEntry("state", "running")
                .containsKeys("id", "imageDigest", "kernelDigest", "readyMillis", "createdAt");
        assertThat(object(HOME.run("daemon", "status", "--json").ok().out())).containsKey("pid");
        assertThat(object(HOME.run("image", "show", Prepared.IMAGE).ok().out())).containsEntry("name", Prepared.IMAGE);
        assertThat(object(HOME.run("vm", "set", "idle", "--vcpu", "1", "--json")
                        .ok()
                        .out()))
                .containsEntry("name", "idle");
        assertThat(object(HOME.run("doctor", "--json").out())).containsKey("checks");
    }

    @Test
    void statsTellOfWhatRuns() {
        var lines = HOME.run("vm", "stats").ok().out().lines().toList();
        assertThat(lines.get(0)).startsWith("NAME  ").contains("MEM USED", "PROCESSES");
        assertThat(lines.get(1)).startsWith("runs  ").contains(" MiB");
        assertThat(lines).hasSize(2);
    }

    @Test
    void theConsoleIsShown() {
        HOME.exec("runs", "sh", "-c", "echo hello console > /dev/ttyS0").ok();
        Wait.until(
                "the console has it",
                () -> HOME.run("vm", "logs", "runs").ok().out().contains("hello console\n"));
        assertThat(HOME.run("vm", "logs", "idle").expect(1).err()).contains("vm idle: has no console log");
    }

    @Test
    void escapesFromTheGuestsConsoleAreShownNotObeyed() {
        HOME.exec("runs", "sh", "-c", "printf 'a\\033[31mred\\007\\n' > /dev/ttyS0")
                .ok();
        Wait.until(
                "the console has it",
                () -> HOME.run("vm", "logs", "runs").ok().out().contains("\\x1b[31mred\\x07"));
    }

    @Test
    void aNameFromOutsideIsShownEscapedInErrors() {
        var ended = HOME.exec("runs", "/no/\033[31mred").expect(127);
        assertThat(ended.err()).startsWith("error: ").doesNotContain("\033");
    }

    @Test
    void nothingIsColouredOutsideATerminalAndAskedForItIs() {
        var words = new String[] {"vm", "show", "nosuch"};
        assertThat(HOME.run(words).expect(1).err()).startsWith("error: no VM named nosuch");
        assertThat(HOME.banger(words).onTerminal().run().expect(1).out()).contains("\033[31merror:\033[0m");
        assertThat(HOME.banger(words)
                        .env("NO_COLOR", "1")
                        .onTerminal()
                        .run()
                        .expect(1)
                        .out())
                .startsWith("error:");
        assertThat(HOME.run("vm", "show", "nosuch", "--no-color").expect(1).err())
                .startsWith("error:");
        assertThat(HOME.banger(words).env("CLICOLOR_FORCE", "1").run().expect(1).err())
                .startsWith("\033[31merror:\033[0m");
    }

    @Test
    void theLauncherIsFoundHoweverItIsCalled() {
        for (var called : List.of("cd bin && ./banger version", "bin/banger version", "./bin/../bin/banger version"))
            assertThat(new Program(
                                    List.of(
                                            "sh",
                                            "-c",
                                            "cd \"$1\" && eval \"$2\"",
                                            "sh",
                                            Product.directory().toString(),
                                            called),
                                    HOME.environment())
                            .run()
                            .ok()
                            .out())
                    .as(called)
                    .startsWith("banger ");
    }

    @Test
    void outputThatCannotBeWrittenIsNoSuccess() {
        HOME.banger("vm", "list").redirected(">/dev/full").run().expect(1);
        HOME.banger("vm", "list").redirected(">&-").run().expect(1);
        HOME.banger("vm", "list").redirected("2>&- <&-").run().ok();
    }
}
