package banger.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class NetworkTest {
    private final RecordingKernel kernel = new RecordingKernel();
    private final Network network = new Network(kernel, "abc", 1);

    private String ask(String line) throws Refusal {
        return network.answer(Request.parse(ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8))));
    }

    private void bridge() throws Refusal {
        kernel.interfaces = new ArrayList<>(List.of("lo", "br-banger"));
        kernel.address = Optional.of(Subnet.parse("172.16.0.1/24"));
    }

    private void attached(String id, String mac, String address) throws Refusal {
        kernel.ruleset =
                new Ruleset(Map.of(new Id(id), new Ruleset.Pin(new Mac(mac), Address.parse(address))), Set.of());
        kernel.interfaces.add("bgr" + id);
    }

    private void refused(String line, String answer) {
        assertThatExceptionOfType(Refusal.class)
                .isThrownBy(() -> ask(line))
                .satisfies(e -> assertThat(e.answer()).startsWith(answer));
        assertThat(kernel.told).isEmpty();
    }

    @Test
    void saysWhoItIs() throws Refusal {
        assertThat(ask("hello 1")).isEqualTo("ok 1 abc");
    }

    @Test
    void rulesComeBeforeTheBridge() throws Refusal {
        assertThat(ask("setup br-banger 172.16.0.1/24")).isEqualTo("ok");
        assertThat(kernel.told)
                .containsExactly(
                        "nft add rule inet banger postrouting oifname \"ext0\" masquerade",
                        "ip link add name br-banger address 02:bb:ac:10:00:01 type bridge stp_state 0 forward_delay 0"
                                + " mcast_snooping 0 ageing_time 8640000",
                        "ip address replace 172.16.0.1/24 dev br-banger",
                        "ip link set dev br-banger up");
    }

    @Test
    void aBridgeThatIsThereIsKept() throws Refusal {
        bridge();
        ask("setup br-banger 172.16.0.1/24");
        assertThat(kernel.told.get(1)).isEqualTo("ip address replace 172.16.0.1/24 dev br-banger");
    }

    @Test
    void anotherNetworkReplacesTheFormer() throws Refusal {
        bridge();
        ask("setup br-banger 10.9.0.1/16");
        assertThat(kernel.told.get(1)).isEqualTo("ip -4 address flush dev br-banger");
    }

    @Test
    void aSecondBridgeIsRefused() throws Refusal {
        bridge();
        refused("setup br-banger-2 172.16.0.1/24", "error bridge br-banger-2: this namespace has br-banger already");
    }

    @Test
    void aTapIsPinnedBeforeItIsThere() throws Refusal {
        bridge();
        assertThat(ask("attach 0123456789ab 02:ba:ac:10:00:04 172.16.0.4")).isEqualTo("ok bgr0123456789ab");
        assertThat(kernel.told)
                .containsExactly(
                        "nft add element bridge banger ports { \"bgr0123456789ab\" : jump bgr0123456789ab }",
                        "ip tuntap add dev bgr0123456789ab mode tap user 1",
                        "ip link set dev bgr0123456789ab master br-banger",
                        "ip link set dev bgr0123456789ab type bridge_slave isolated on flood off mcast_flood off",
                        "ip link set dev bgr0123456789ab up");
    }

    @Test
    void aTapThatIsThereIsUsedAgain() throws Refusal {
        bridge();
        attached("0123456789ab", "02:ba:ac:10:00:04", "172.16.0.4");
        assertThat(ask("attach 0123456789ab 02:ba:ac:10:00:04 172.16.0.4")).isEqualTo("ok bgr0123456789ab");
        assertThat(kernel.told).noneMatch(t -> t.contains("tuntap"));
    }

    @Test
    void aTapThatCannotBeMadeLeavesNothing() throws Refusal {
        bridge();
        kernel.linksFail = Optional.of(new Refusal(Refusal.Code.TAP, "ip: open: Permission denied"));
        assertThatExceptionOfType(Refusal.class)
                .isThrownBy(() -> ask("attach 0123456789ab 02:ba:ac:10:00:04 172.16.0.4"))
                .satisfies(e -> assertThat(e.answer()).isEqualTo("error tap ip: open: Permission denied"));
    }

    @Test
    void attachingIsCheckedAgainstWhatIsThere() throws Refusal {
        refused("attach 0123456789ab 02:ba:ac:10:00:04 172.16.0.4", "error bridge there is no bridge yet");
        bridge();
        refused("attach 0123456789ab 02:ba:ac:10:00:04 172.16.1.4", "error bad-request 172.16.1.4 is no guest's");
        refused("attach 0123456789ab 02:ba:ac:10:00:04 172.16.0.1", "error bad-request 172.16.0.1 is no guest's");
        refused("attach 0123456789ab 02:ba:ac:10:00:04 172.16.0.255", "error bad-request");
        refused("attach 0123456789ab 02:ba:ac:10:00:04 172.16.0.0", "error bad-request");
        refused(
                "attach 0123456789ab 02:bb:ac:10:00:01 172.16.0.4",
                "error bad-request 02:bb:ac:10:00:01 is the bridge");
        attached("ffffffffffff", "02:ba:ac:10:00:04", "172.16.0.4");
        refused("attach 0123456789ab 02:ba:ac:10:00:05 172.16.0.4", "error bad-request 172.16.0.4 or");
        refused("attach 0123456789ab 02:ba:ac:10:00:04 172.16.0.5", "error bad-request 172.16.0.5 or");
    }

    @Test
    void detachingTakesTheTapBeforeItsRules() throws Refusal {
        bridge();
        attached("0123456789ab", "02:ba:ac:10:00:04", "172.16.0.4");
        assertThat(ask("detach 0123456789ab")).isEqualTo("ok");
        assertThat(kernel.told)
                .containsExactly(
                        "ip link delete dev bgr0123456789ab", "nft delete chain bridge banger bgr0123456789ab");
    }

    @Test
    void detachingNothingIsNoError() throws Refusal {
        assertThat(ask("detach 0123456789ab")).isEqualTo("ok");
        assertThat(kernel.told).isEmpty();
    }

    @Test
    void natNeedsATapAndForwarding() throws Refusal {
        bridge();
        refused("nat 0123456789ab on", "error tap 0123456789ab: is not attached");
        attached("0123456789ab", "02:ba:ac:10:00:04", "172.16.0.4");
        kernel.settable = false;
        refused("nat 0123456789ab on", "error rules net.ipv4.ip_forward");
        kernel.settable = true;
        assertThat(ask("nat 0123456789ab on")).isEqualTo("ok");
        assertThat(kernel.told).containsExactly("nft add element inet banger guests { 172.16.0.4 }");
    }

    @Test
    void listsWhatTheKernelHas() throws Refusal {
        assertThat(ask("list")).isEqualTo("ok");
        assertThat(ask("list-nat")).isEqualTo("ok");
        assertThat(ask("uplink")).isEqualTo("ok -");
        kernel.interfaces = List.of("lo", "bgrffffffffffff", "bgr0123456789ab", "bgrxyz", "ext0");
        kernel.address = Optional.of(Subnet.parse("10.0.2.15/24"));
        assertThat(ask("list")).isEqualTo("ok 0123456789ab ffffffffffff");
        assertThat(ask("uplink")).isEqualTo("ok 10.0.2.15");
    }
}
