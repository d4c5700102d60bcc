package banger.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a person or the host gets wrong ends in words and a remedy, never in a trace. */
@Tag("vm")
class BadInputTest {
    @RegisterExtension
    static final TestHome HOME = TestHome.prepared();

    @AfterEach
    void stop() {
        if (HOME.daemonRuns()) HOME.run("daemon", "stop").ok();
    }

    @Test
    void aSecondDaemonIsRefused() {
        HOME.run("vm", "list").ok();
        var bangerd = List.of(Product.directory().resolve("libexec/bangerd").toString());
        var second = new Program(bangerd, HOME.environment()).run().expect(1);
        assertThat(second.err())
                .isEqualTo("error: " + HOME.state() + ": another daemon runs on it (pid " + HOME.daemonPid()
                        + ")\n  banger daemon status\n");
        HOME.run("vm", "list").ok();
    }

    @Test
    void offlineSaysWhatIsNotHereAndHowToGetIt() {
        assertThat(HOME.run("vm", "create", "--offline", "--image", "debian-bookworm")
                        .expect(1)
                        .err())
                .isEqualTo("error: image debian-bookworm: is not here, and with --offline nothing is fetched\n"
                        + "  banger image pull debian-bookworm\n");
    }

    @Test
    void twoClientsAtOnceGetOneDaemon() {
        try (var one = HOME.banger("vm", "list").start();
                var two = HOME.banger("vm", "list").start();
                var three = HOME.banger("vm", "list").start()) {
            one.await().ok();
            two.await().ok();
            three.await().ok();
        }
        Wait.until(
                () -> "one daemon: " + HOME.daemons(),
                java.time.Duration.ofSeconds(20),
                () -> HOME.daemons().size() == 1);
    }

    @Test
    void aForeignFileAtTheSocketsPathIsNotTouched() throws Exception {
        Files.createDirectories(HOME.socket().getParent());
        Files.writeString(HOME.socket(), "precious");
        try {
            assertThat(HOME.run("vm", "list").expect(1).err())
                    .isEqualTo("error: " + HOME.socket() + ": is there and is not a socket of ours\n"
                            + "  move it away, then again\n");
            assertThat(HOME.socket()).hasContent("precious");
        } finally {
            Files.delete(HOME.socket());
        }
    }

    @Test
    void aDeadDaemonsSocketIsInNobodysWay() throws Exception {
        Files.createDirectories(HOME.socket().getParent());
        try (var dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            dead.bind(UnixDomainSocketAddress.of(HOME.socket()));
        }
        assertThat(HOME.socket()).exists();
        HOME.run("vm", "list").ok();
    }

    @Test
    void aHomeWhosePathIsTooLongForSocketsIsRefusedInWords() {
        var ended = HOME.banger("vm", "list")
                .env("BANGER_HOME", "/tmp/" + "x".repeat(100))
                .run()
                .expect(2);
        assertThat(ended.err())
                .startsWith("error: state directory /tmp/xxx")
                .contains("too long for sockets", "point BANGER_HOME at a shorter one");
    }

    @Test
    void aHomeThatCannotBeMadeIsRefusedInWords() {
        var ended = HOME.banger("vm", "list")
                .env("BANGER_HOME", "/proc/banger")
                .run()
                .expect(1);
        assertThat(ended.err())
                .startsWith("error: state directory /proc/banger/state: ")
                .contains("point BANGER_HOME at another")
                .doesNotContain("Exception");
    }

    @Test
    void anUnknownImageIsNamedWithWhatThereIs() {
        var ended = HOME.run("vm", "create", "--image", "debian-minimum").expect(1);
        assertThat(ended.err())
                .startsWith("error: no image named debian-minimum\n")
                .contains("debian-minimal");
        assertThat(HOME.vms()).isEmpty();
    }

    @Test
    void moreMemoryThanThereIsIsRefused() {
        var ended = HOME.create("--name", "big", "--memory", "4096G").expect(1);
        assertThat(ended.err()).contains("error: vm big: 4.0 TiB of memory asked for, this machine has ");
        assertThat(HOME.vms()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "log_level = 3 | 1:1 | log_level: must be text",
                "colour = \"red\" | 1:1 | colour: no such key",
                "log_level = \"loud\" | 1:1 | log_level: must be one of debug, info, warn, error",
                "[vm_defaults]\\nvcpu = \"two\" | 2:1 | vm_defaults.vcpu: must be a whole number",
                "[vm_defaults]\\ndisk_size = \"8X\" | 2:1 | vm_defaults.disk_size: must be a size",
                "log_level = | 1:1 | ",
            })
    void aBadConfigurationIsRefusedWithLineAndColumn(String toml, String place, String what) {
        HOME.config(toml.replace("\\n", "\n") + "\n");
        try {
            var ended = HOME.run("vm", "list").expect(1);
            assertThat(ended.err())
                    .startsWith("error: config " + HOME.path().resolve("config/config.toml") + ":"
                            + place.replaceFirst(":.*", ":"))
                    .contains(what == null ? "" : place + ": " + what)
                    .doesNotContain("Exception");
        } finally {
            HOME.settings("");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "frobnicate | no command \"banger frobnicate\"",
                "vm strat | did you mean banger vm start?",
                "vm start | VM… is missing",
                "vm list extra | extra is one too many",
                "vm list --jsno | did you mean --json?",
                "vm create --memory 4096MB | --memory 4096MB: not a size; write 4G, 4096M, or 4096 for MiB",
                "vm create --memory 0 | --memory 0: must be more than zero",
                "vm create --vcpu many | --vcpu",
                "vm create --memory | --memory needs a value",
                "vm create --engine bochs | engine bochs: not an engine",
            })
    void wrongUsageIsStatusTwoWithTheRightWords(String line, String words) {
        var ended = HOME.run(line.split(" ")).expect(2);
        assertThat(ended.err()).startsWith("error: ").contains(words).doesNotContain("Exception");
        assertThat(ended.out()).isEmpty();
    }

    @Test
    void aDatabaseOfANewerBangerIsLeftAlone() throws Exception {
        HOME.run("vm", "list").ok();
        HOME.run("daemon", "stop").ok();
        var database = HOME.state().resolve("banger.db");
        try (var connection = java.sql.DriverManager.getConnection("jdbc:sqlite:" + database);
                var statement = connection.createStatement()) {
            int version;
            try (var rows = statement.executeQuery("PRAGMA user_version")) {
                version = rows.getInt(1);
            }
            statement.executeUpdate("PRAGMA user_version = " + (version + 1000));
            assertThat(HOME.run("vm", "list").expect(1).err())
                    .startsWith("error: ")
                    .contains("newer");
            statement.executeUpdate("PRAGMA user_version = " + version);
        }
        HOME.run("vm", "list").ok();
    }
}
