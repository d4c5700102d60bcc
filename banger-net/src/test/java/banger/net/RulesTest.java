package banger.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The transactions word by word: a change of the firewall is a change of a file that somebody reads. */
class RulesTest {
    private static final Id ID = new Id("0123456789ab");
    private static final Mac MAC = new Mac("02:ba:ac:10:00:04");

    private static String golden(String name) throws IOException {
        try (var in = RulesTest.class.getResourceAsStream(name)) {
            assertThat(in).as(name).isNotNull();
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static Address address(String text) throws Refusal {
        return Address.parse(text);
    }

    @Test
    void setup() throws Exception {
        assertThat(Rules.setup(new Bridge("br-banger"), Subnet.parse("172.16.0.1/24")))
                .isEqualTo(golden("setup.nft"));
    }

    @Test
    void attach() throws Exception {
        assertThat(Rules.attach(ID, MAC, address("172.16.0.4"), Optional.empty()))
                .isEqualTo(golden("attach.nft"));
    }

    @Test
    void attachAgainAtTheSameAddressKeepsItsWayOut() throws Exception {
        assertThat(Rules.attach(ID, MAC, address("172.16.0.4"), Optional.of(address("172.16.0.4"))))
                .isEqualTo(golden("attach.nft"));
    }

    @Test
    void attachAtAnotherAddressTakesTheFormerOnesWayOut() throws Exception {
        assertThat(Rules.attach(ID, MAC, address("172.16.0.4"), Optional.of(address("172.16.0.9"))))
                .isEqualTo("add element inet banger guests { 172.16.0.9 }\n"
                        + "delete element inet banger guests { 172.16.0.9 }\n" + golden("attach.nft"));
    }

    @Test
    void detach() throws Exception {
        assertThat(Rules.detach(ID, Optional.of(address("172.16.0.4")))).isEqualTo(golden("detach.nft"));
    }

    @Test
    void hostAddresses() throws Exception {
        assertThat(Rules.hostAddresses(List.of())).isEqualTo("flush set inet banger host\n");
        assertThat(Rules.hostAddresses(List.of(address("10.0.0.1"), address("10.0.0.1"), address("192.0.2.7"))))
                .isEqualTo("flush set inet banger host\nadd element inet banger host { 10.0.0.1, 192.0.2.7 }\n");
    }
}
