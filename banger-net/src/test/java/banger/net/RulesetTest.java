package banger.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class RulesetTest {
    /** As nft 1.0.6 prints it. */
    private static final String LISTED = """
            table bridge banger {
            	map ports {
            		type ifname : verdict
            		elements = { "bgr0123456789ab" : jump bgr0123456789ab,
            			     "bgrffffffffffff" : jump bgrffffffffffff }
            	}

            	chain prerouting {
            		type filter hook prerouting priority dstnat; policy drop;
            		iifname vmap @ports
            	}

            	chain bgr0123456789ab {
            		ether saddr != 02:ba:ac:10:00:04 drop
            		ip saddr 172.16.0.4 accept
            		arp saddr ether 02:ba:ac:10:00:04 arp saddr ip 172.16.0.4 accept
            		drop
            	}

            	chain bgrffffffffffff {
            		ether saddr != 02:ba:ac:10:00:05 drop
            		ip saddr 172.16.0.5 accept
            		arp saddr ether 02:ba:ac:10:00:05 arp saddr ip 172.16.0.5 accept
            		drop
            	}
            }
            table inet banger {
            	set guests {
            		type ipv4_addr
            		elements = { 172.16.0.5,
            			     172.16.0.7 }
            	}

            	set host {
            		type ipv4_addr
            		elements = { 10.1.1.1 }
            	}
            }
            """;

    @Test
    void readsWhatTheKernelSays() throws Refusal {
        var ruleset = Ruleset.parse(LISTED);
        assertThat(ruleset.pins())
                .isEqualTo(Map.of(
                        new Id("0123456789ab"),
                        new Ruleset.Pin(new Mac("02:ba:ac:10:00:04"), Address.parse("172.16.0.4")),
                        new Id("ffffffffffff"),
                        new Ruleset.Pin(new Mac("02:ba:ac:10:00:05"), Address.parse("172.16.0.5"))));
        assertThat(ruleset.natted())
                .containsExactlyInAnyOrder(Address.parse("172.16.0.5"), Address.parse("172.16.0.7"));
    }

    @Test
    void knowsWhoHasAnAddress() throws Refusal {
        var ruleset = Ruleset.parse(LISTED);
        var mac = new Mac("02:00:00:00:00:01");
        assertThat(ruleset.holderOf(new Id("000000000000"), mac, Address.parse("172.16.0.4")))
                .contains(new Id("0123456789ab"));
        assertThat(ruleset.holderOf(new Id("0123456789ab"), mac, Address.parse("172.16.0.4")))
                .isEmpty();
        assertThat(ruleset.holderOf(new Id("0123456789ab"), new Mac("02:ba:ac:10:00:05"), Address.parse("172.16.0.9")))
                .contains(new Id("ffffffffffff"));
    }

    @Test
    void nothingIsThereBeforeSetup() throws Refusal {
        var ruleset = Ruleset.parse("");
        assertThat(ruleset.pins()).isEmpty();
        assertThat(ruleset.natted()).isEmpty();
    }
}
