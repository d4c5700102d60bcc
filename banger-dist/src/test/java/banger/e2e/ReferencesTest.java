package banger.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.DriverManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How VMs are named and found. */
@Tag("vm")
class ReferencesTest {
    @RegisterExtension
    static final TestHome HOME = TestHome.withoutInit();

    @AfterEach
    void delete() {
        HOME.deleteAll();
    }

    @Test
    void byNameIdAndPrefix() {
        HOME.create("--no-start", "--name", "brave-otter").ok();
        var id = HOME.vm("brave-otter").id();
        for (var reference : new String[] {"brave-otter", id, id.substring(0, 8), id.substring(0, 4)})
            assertThat(HOME.run("vm", "show", reference).ok().out()).contains("\"name\": \"brave-otter\"");
        HOME.run("vm", "show", id.substring(0, 3)).expect(1);
    }

    @Test
    void aTypoIsForgiven() {
        HOME.create("--no-start", "--name", "brave-otter").ok();
        assertThat(HOME.run("vm", "ssh", "brave-oter").expect(1).err())
                .isEqualTo("error: no VM named brave-oter\n  did you mean brave-otter?\n");
        assertThat(HOME.run("vm", "start", "quite-other").expect(1).err())
                .isEqualTo("error: no VM named quite-other\n  banger vm list\n");
        assertThat(HOME.run("vm", "exec", "\033[31mred", "--", "true")
                        .expect(125)
                        .err())
                .startsWith("error: no VM named \"\\x1b[31mred\"\n")
                .doesNotContain("\033");
    }

    @Test
    void anAmbiguousPrefixListsTheCandidates() throws Exception {
        HOME.create("--no-start", "--name", "first").ok();
        HOME.create("--no-start", "--name", "second").ok();
        HOME.run("daemon", "stop").ok();
        // Ids are random: two that begin alike have to be made.
        try (var connection = DriverManager.getConnection(
                        "jdbc:sqlite:" + HOME.state().resolve("banger.db"));
                var update = connection.createStatement()) {
            update.executeUpdate("UPDATE vms SET id = 'abcd00000001' WHERE name = 'first'");
            update.executeUpdate("UPDATE vms SET id = 'abcd00000002' WHERE name = 'second'");
        }
        assertThat(HOME.run("vm", "show", "abcd").expect(1).err())
                .isEqualTo("error: abcd: more than one VM begins with it\n  abcd0000  first\n  abcd0000  second\n");
        HOME.run("vm", "show", "abcd00000002").ok();
    }

    @Test
    void aNameIsTakenOnce() {
        HOME.create("--no-start", "--name", "box").ok();
        assertThat(HOME.create("--no-start", "--name", "box").expect(1).err())
                .isEqualTo("error: vm box: exists already\n" + "  choose another --name, or banger vm delete box\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-a", "a-", "A", "a_b", "a.b", "ä", "a b", "a\nb", "../a"})
    void aNameThatIsNoneIsWrongUsage(String name) {
        assertThat(HOME.create("--no-start", "--name", name).expect(2).err())
                .startsWith("error: name ")
                .contains(": not a VM name\n  write 1 to 63 of a-z, 0-9 and hyphens");
    }

    @Test
    void aNameMayHave63Characters() {
        HOME.create("--no-start", "--name", "a".repeat(63)).ok();
        HOME.create("--no-start", "--name", "a".repeat(64)).expect(2);
    }

    @Test
    void aNameIsMadeUpWhenNoneIsGiven() {
        assertThat(HOME.create("--no-start").ok().out()).matches("[a-z]+-[a-z]+\n");
    }
}
