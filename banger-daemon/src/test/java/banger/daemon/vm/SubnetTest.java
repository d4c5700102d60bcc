package banger.daemon.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import banger.api.BangerException;
import java.util.HashSet;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SubnetTest {
    @Test
    void theGatewayIsTheFirstAddressAndGuestsFollow() {
        var subnet = Subnet.parse("172.16.0.1", 24);
        assertThat(subnet.gateway()).isEqualTo("172.16.0.1");
        assertThat(subnet.withPrefix("172.16.0.4")).isEqualTo("172.16.0.4/24");
        assertThat(subnet.firstFree(Set.of())).isEqualTo("172.16.0.2");
        assertThat(subnet.firstFree(Set.of("172.16.0.2", "172.16.0.4"))).isEqualTo("172.16.0.3");
    }

    @ParameterizedTest
    @CsvSource({"30, 1", "29, 5", "24, 253"})
    void everyAddressIsGivenOnceAndThenItSaysSo(int prefix, int room) {
        var subnet = Subnet.parse("10.0.0.1", prefix);
        var taken = new HashSet<String>();
        for (int i = 0; i < room; i++)
            assertThat(taken.add(subnet.firstFree(taken))).isTrue();
        assertThat(taken).doesNotContain("10.0.0.0", "10.0.0.1");
        assertThatThrownBy(() -> subnet.firstFree(taken))
                .isInstanceOf(BangerException.class)
                .hasMessage("network 10.0.0.0/" + prefix + ": no address is free");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1.2.3", "1.2.3.4.5", "256.0.0.1", "a.b.c.d", "1.2.3.4 ", "-1.2.3.4", "1..2.3"})
    void whatIsNoAddressIsRefused(String text) {
        assertThatThrownBy(() -> Subnet.parse(text, 24)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void theGatewayMayBeAnyHostsAddress() {
        var subnet = Subnet.parse("10.0.0.3", 29);
        var taken = new HashSet<String>();
        for (int i = 0; i < 5; i++) taken.add(subnet.firstFree(taken));
        assertThat(taken).containsExactlyInAnyOrder("10.0.0.1", "10.0.0.2", "10.0.0.4", "10.0.0.5", "10.0.0.6");
        for (var end : new String[] {"10.0.0.0", "10.0.0.7"})
            assertThatThrownBy(() -> Subnet.parse(end, 29)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 7, 31, 32, -1})
    void whatIsNoPrefixIsRefused(int prefix) {
        assertThatThrownBy(() -> Subnet.parse("10.0.0.1", prefix)).isInstanceOf(IllegalArgumentException.class);
    }

    @Property(seed = "1")
    void theFirstFreeAddressIsInsideAndNeitherEndNorGateway(
            @ForAll int address, @ForAll @IntRange(min = 8, max = 30) int prefix) {
        var text =
                (address >>> 24) + "." + (address >>> 16 & 255) + "." + (address >>> 8 & 255) + "." + (address & 255);
        int mask = -1 << 32 - prefix;
        assumeThat(address & ~mask).isNotIn(0, ~mask);
        var subnet = Subnet.parse(text, prefix);
        int free = Subnet.number(subnet.firstFree(Set.of()));
        assertThat(free & mask).isEqualTo(address & mask);
        assertThat(free).isNotEqualTo(address & mask).isNotEqualTo(address & mask | ~mask);
        assertThat(subnet.gateway()).isEqualTo(text).isNotEqualTo(subnet.firstFree(Set.of()));
    }

    @Property(seed = "1")
    void macsAreOurOwnNobodyElsesAndUnique(@ForAll int a, @ForAll int b) {
        var one = Subnet.mac(dotted(a));
        assertThat(one).matches("02:ba(:[0-9a-f]{2}){4}");
        assertThat(one.equals(Subnet.mac(dotted(b)))).isEqualTo(a == b);
    }

    private static String dotted(int n) {
        return (n >>> 24) + "." + (n >>> 16 & 255) + "." + (n >>> 8 & 255) + "." + (n & 255);
    }
}
