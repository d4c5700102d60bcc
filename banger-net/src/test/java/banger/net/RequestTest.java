package banger.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RequestTest {
    private static final Id ID = new Id("0123456789ab");

    private static Request parse(String line) throws Refusal {
        return Request.parse(ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void readsEveryRequest() throws Refusal {
        assertThat(parse("hello 1")).isEqualTo(new Request.Hello());
        assertThat(parse("setup br-banger 172.16.0.1/24"))
                .isEqualTo(new Request.Setup(new Bridge("br-banger"), new Subnet(Address.parse("172.16.0.1"), 24)));
        assertThat(parse("setup br-banger-x7 10.0.0.1/8"))
                .isEqualTo(new Request.Setup(new Bridge("br-banger-x7"), new Subnet(Address.parse("10.0.0.1"), 8)));
        assertThat(parse("attach 0123456789ab 02:ba:ac:10:00:04 172.16.0.4"))
                .isEqualTo(new Request.Attach(ID, new Mac("02:ba:ac:10:00:04"), Address.parse("172.16.0.4")));
        assertThat(parse("detach 0123456789ab")).isEqualTo(new Request.Detach(ID));
        assertThat(parse("nat 0123456789ab on")).isEqualTo(new Request.NatOn(ID));
        assertThat(parse("nat 0123456789ab off")).isEqualTo(new Request.NatOff(ID));
        assertThat(parse("host-addresses")).isEqualTo(new Request.HostAddresses(List.of()));
        assertThat(parse("host-addresses 10.0.0.1 255.255.255.255"))
                .isEqualTo(new Request.HostAddresses(
                        List.of(Address.parse("10.0.0.1"), Address.parse("255.255.255.255"))));
        assertThat(parse("list")).isEqualTo(new Request.Taps());
        assertThat(parse("list-nat")).isEqualTo(new Request.Natted());
        assertThat(parse("uplink")).isEqualTo(new Request.Uplink());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "hello",
                "hello 2",
                "hello 01",
                "hello  1",
                "hello 1 ",
                " hello 1",
                "HELLO 1",
                "hello 1\r",
                "hello\t1",
                "hello 1\u0000",
                "hellö 1",
                "shutdown",
                "list all",
                "uplink eth0",
                // a bridge that is not ours
                "setup eth0 172.16.0.1/24",
                "setup br0 172.16.0.1/24",
                "setup docker0 172.16.0.1/24",
                "setup br-banger- 172.16.0.1/24",
                "setup br-banger-toolong 172.16.0.1/24",
                "setup br-banger-A 172.16.0.1/24",
                "setup br-banger;reboot 172.16.0.1/24",
                "setup br-banger\"x 172.16.0.1/24",
                // networks
                "setup br-banger 172.16.0.1",
                "setup br-banger 172.16.0.1/",
                "setup br-banger 172.16.0.1/7",
                "setup br-banger 172.16.0.1/31",
                "setup br-banger 172.16.0.1/024",
                "setup br-banger 172.16.0.1/-24",
                "setup br-banger 172.16.0.1/24/24",
                "setup br-banger 172.16.0.0/24",
                "setup br-banger 172.16.0.255/24",
                "setup br-banger 127.0.0.1/8",
                "setup br-banger 224.0.0.1/8",
                "setup br-banger 0.0.0.1/8",
                "setup br-banger 172.16.0.256/24",
                "setup br-banger 172.16.0/24",
                "setup br-banger 172.16.00.1/24",
                "setup br-banger 0x7f.0.0.1/24",
                "setup br-banger fd00::1/24",
                // ids become names of taps and chains
                "attach 0123456789a 02:ba:ac:10:00:04 172.16.0.4",
                "attach 0123456789abc 02:ba:ac:10:00:04 172.16.0.4",
                "attach 0123456789AB 02:ba:ac:10:00:04 172.16.0.4",
                "attach ../456789ab 02:ba:ac:10:00:04 172.16.0.4",
                "attach 01234567;89 02:ba:ac:10:00:04 172.16.0.4",
                "attach eth0 02:ba:ac:10:00:04 172.16.0.4",
                // addresses
                "attach 0123456789ab 03:ba:ac:10:00:04 172.16.0.4",
                "attach 0123456789ab 00:00:00:00:00:00 172.16.0.4",
                "attach 0123456789ab ff:ff:ff:ff:ff:ff 172.16.0.4",
                "attach 0123456789ab 02-ba-ac-10-00-04 172.16.0.4",
                "attach 0123456789ab 02:BA:ac:10:00:04 172.16.0.4",
                "attach 0123456789ab 02:ba:ac:10:00 172.16.0.4",
                "attach 0123456789ab 02:ba:ac:10:00:04 172.16.0.4/24",
                "attach 0123456789ab 02:ba:ac:10:00:04 172.16.0.04",
                "attach 0123456789ab 02:ba:ac:10:00:04 172.16.0.4,",
                "attach 0123456789ab 02:ba:ac:10:00:04",
                "attach 0123456789ab 02:ba:ac:10:00:04 172.16.0.4 on",
                "detach",
                "detach bgr0123456789ab",
                "nat 0123456789ab",
                "nat 0123456789ab ON",
                "nat 0123456789ab yes",
                "host-addresses 10.0.0.1,10.0.0.2",
                "host-addresses 10.0.0.1  10.0.0.2",
                "host-addresses ::1",
                "host-addresses 10.0.0.1 } delete table inet banger",
            })
    void refusesWhatItDoesNotKnow(String line) {
        assertThatExceptionOfType(Refusal.class)
                .isThrownBy(() -> parse(line))
                .satisfies(e ->
                        assertThat(e.answer()).startsWith("error bad-request ").matches("[ -~]+"));
    }

    @Test
    void anAnswerIsOneBoundedLine() {
        var refusal = Refusal.badRequest("a\nok\r" + "x".repeat(5000) + "\u001b[31m");
        assertThat(refusal.answer()).matches("[ -~]{1,1100}").startsWith("error bad-request a ok x");
    }
}
