package banger.daemon.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.VmName;
import banger.daemon.store.Database;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The table of VMs, and finding one in it. */
class VmTableTest {
    @TempDir
    Path dir;

    private Database database;
    private VmTable table;
    private VmRefs refs;

    @BeforeEach
    void open() {
        database = Database.open(dir.resolve("banger.db"));
        table = new VmTable(database, Subnet.parse("172.16.0.1", 24));
        refs = new VmRefs(table);
    }

    @AfterEach
    void close() {
        database.close();
    }

    static VmTable.Draft draft(VmId id) {
        return new VmTable.Draft(
                id,
                "debian",
                "img-digest",
                "cloud",
                "kernel-digest",
                2,
                1024,
                8L << 30,
                4L << 30,
                true,
                "auto",
                id.value().repeat(3).substring(0, 32),
                true);
    }

    private Vm reserve(String id, String name) {
        return table.reserve(draft(new VmId(id)), Optional.of(new VmName(name)));
    }

    @Test
    void whatIsReservedIsReadBackByAnotherDaemon() {
        var vm = reserve("0123456789ab", "box");
        assertThat(vm.state()).isEqualTo(VmState.CREATING);
        assertThat(vm.address()).isEqualTo("172.16.0.2");
        assertThat(vm.mac()).isEqualTo("02:ba:ac:10:00:02");
        assertThat(vm.cid()).isEqualTo(3);
        database.close();
        open();
        assertThat(table.find(vm.id())).contains(vm);
        assertThat(table.all()).containsExactly(vm);
        assertThat(table.find(new VmId("000000000000"))).isEmpty();
    }

    @Test
    void aNameThatIsTakenIsRefused() {
        reserve("0123456789ab", "box");
        assertThatThrownBy(() -> reserve("0123456789ac", "box")).isInstanceOfSatisfying(BangerException.class, e -> {
            assertThat(e.code()).isEqualTo(ErrorCode.VM_EXISTS);
            assertThat(e.fact()).isEqualTo("vm box: exists already");
        });
        assertThat(table.all()).hasSize(1);
    }

    @Test
    void changesAreKept() {
        var id = reserve("0123456789ab", "box").id();
        table.state(id, VmState.ERROR, "it broke");
        table.size(id, 4, 2048, 16L << 30);
        table.nat(id, false);
        var vm = table.find(id).orElseThrow();
        assertThat(vm.state()).isEqualTo(VmState.ERROR);
        assertThat(vm.lastError()).isEqualTo("it broke");
        assertThat(List.of(vm.vcpu(), vm.memoryMib(), vm.diskBytes(), vm.nat()))
                .isEqualTo(List.of(4, 2048, 16L << 30, false));
        table.forget(id);
        assertThat(table.all()).isEmpty();
        table.forget(id);
    }

    @Test
    void whatWasForgottenIsGivenAgain() {
        var a = reserve("00000000000a", "a");
        reserve("00000000000b", "b");
        table.forget(a.id());
        var c = reserve("00000000000c", "c");
        assertThat(c.address()).isEqualTo(a.address());
        assertThat(c.cid()).isEqualTo(a.cid());
    }

    @Test
    void manyAtOnceGetNamesAddressesAndCidsOfTheirOwn() throws InterruptedException {
        var made = Collections.synchronizedList(new ArrayList<Vm>());
        var threads = new ArrayList<Thread>();
        for (int t = 0; t < 8; t++)
            threads.add(Thread.ofVirtual().start(() -> {
                for (int i = 0; i < 10; i++) made.add(table.reserve(draft(VmId.fresh()), Optional.empty()));
            }));
        for (var thread : threads) thread.join();
        assertThat(made).hasSize(80);
        assertThat(made).extracting(Vm::name).doesNotHaveDuplicates();
        assertThat(made).extracting(Vm::address).doesNotHaveDuplicates();
        assertThat(made).extracting(Vm::mac).doesNotHaveDuplicates();
        assertThat(made).extracting(Vm::cid).doesNotHaveDuplicates();
    }

    @Test
    void manyWhoWantOneNameAreOneWhoGetsIt() throws InterruptedException {
        var outcomes = Collections.synchronizedList(new ArrayList<String>());
        var threads = new ArrayList<Thread>();
        for (int t = 0; t < 8; t++)
            threads.add(Thread.ofVirtual().start(() -> {
                try {
                    table.reserve(draft(VmId.fresh()), Optional.of(new VmName("box")));
                    outcomes.add("got it");
                } catch (BangerException e) {
                    outcomes.add(e.code().code());
                }
            }));
        for (var thread : threads) thread.join();
        assertThat(outcomes).containsOnlyOnce("got it").hasSize(8);
        assertThat(Collections.frequency(outcomes, "vm.exists")).isEqualTo(7);
    }

    @Test
    void whoUsesADigestIsKnownByName() {
        reserve("00000000000a", "b");
        reserve("00000000000b", "a");
        assertThat(table.usersOf("img-digest")).containsExactly("a", "b");
        assertThat(table.usersOf("kernel-digest")).containsExactly("a", "b");
        assertThat(table.usersOf("other")).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void everyStateIsKeptUnderItsWord(VmState state) {
        assertThat(VmState.of(state.word())).isEqualTo(state);
        var id = reserve("0123456789ab", "box").id();
        table.state(id, state, "");
        assertThat(table.find(id).orElseThrow().state()).isEqualTo(state);
    }

    private void some() {
        reserve("abcd11110000", "brave-otter");
        reserve("abcd22220000", "old-toad");
        reserve("1234abcd0000", "abcd");
        reserve("ffff00000000", "abcd22220000");
    }

    @ParameterizedTest
    @CsvSource({
        "brave-otter, brave-otter",
        "abcd11110000, brave-otter",
        "abcd1, brave-otter",
        "abcd1111, brave-otter",
        "1234, abcd",
        // A name comes before an id, and an exact id before a prefix.
        "abcd, abcd",
        "abcd22220000, abcd22220000"
    })
    void nameThenIdThenPrefix(String reference, String name) {
        some();
        assertThat(refs.resolve(reference).name()).hasToString(name);
    }

    @Test
    void anAmbiguousPrefixListsTheCandidates() {
        reserve("abcd11110000", "brave-otter");
        reserve("abcd22220000", "old-toad");
        assertThatThrownBy(() -> refs.resolve("abcd")).isInstanceOfSatisfying(BangerException.class, e -> {
            assertThat(e.code()).isEqualTo(ErrorCode.VM_AMBIGUOUS);
            assertThat(e.fact()).isEqualTo("abcd: more than one VM begins with it");
            assertThat(e.remedies()).containsExactlyInAnyOrder("abcd1111  brave-otter", "abcd2222  old-toad");
        });
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            value = {
                "brave-oter, no VM named brave-oter, did you mean brave-otter?",
                "abc, no VM named abc, banger vm list",
                "`` , no VM named \"\", banger vm list",
                "%, no VM named %, banger vm list",
                "a\u001bb, no VM named \"a\\x1bb\", banger vm list"
            })
    void whatIsNotThereIsToldWithWhatToTry(String reference, String fact, String remedy) {
        reserve("abcd11110000", "brave-otter");
        assertThatThrownBy(() -> refs.resolve(reference)).isInstanceOfSatisfying(BangerException.class, e -> {
            assertThat(e.code()).isEqualTo(ErrorCode.VM_NOT_FOUND);
            assertThat(e.fact()).isEqualTo(fact);
            assertThat(e.remedies()).containsExactly(remedy);
        });
    }

    @Test
    void withoutAnyVmItSaysHowToMakeOne() {
        assertThatThrownBy(() -> refs.resolve("box"))
                .isInstanceOfSatisfying(
                        BangerException.class,
                        e -> assertThat(e.remedies()).containsExactly("banger vm run starts one"));
    }

    @Test
    void idsAreTwelveHexadecimalDigits() {
        assertThat(VmId.fresh().value()).matches("[0-9a-f]{12}");
        assertThat(VmId.fresh()).isNotEqualTo(VmId.fresh());
        assertThat(new VmId("0123456789ab").abbreviated()).isEqualTo("01234567");
        for (var text : List.of("", "0123456789a", "0123456789abc", "0123456789AB", "../../../etc"))
            assertThatThrownBy(() -> new VmId(text)).isInstanceOf(IllegalArgumentException.class);
    }
}
