package banger.daemon.vm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When this host has nothing to spare. */
class HostRoomTest {
    @TempDir
    Path dir;

    private void supply(String name, String... facts) throws IOException {
        var supply = Files.createDirectories(dir.resolve(name));
        for (var fact : facts) {
            var words = fact.split("=");
            Files.writeString(supply.resolve(words[0]), words[1] + "\n");
        }
    }

    private boolean onBattery() {
        return HostRoom.onBattery(dir);
    }

    @Test
    void aHostWithoutAnySupplyIsNot() {
        assertThat(onBattery()).isFalse();
        assertThat(HostRoom.onBattery(dir.resolve("none"))).isFalse();
    }

    @Test
    void aBatteryThatIsUsedUpIs() throws IOException {
        supply("BAT0", "type=Battery", "status=Discharging");
        assertThat(onBattery()).isTrue();
        supply("AC", "type=Mains", "online=0");
        assertThat(onBattery()).isTrue();
        supply("AC", "type=Mains", "online=1");
        assertThat(onBattery()).isFalse();
    }

    @Test
    void aBatteryThatIsFullOrChargedIsNot() throws IOException {
        for (var status : new String[] {"Full", "Charging", "Not charging", "Unknown"}) {
            supply("BAT0", "type=Battery", "status=" + status);
            assertThat(onBattery()).as(status).isFalse();
        }
        supply("BAT1", "type=Battery", "status=Discharging");
        assertThat(onBattery()).isTrue();
    }

    /** A mouse's. */
    @Test
    void aDevicesBatteryIsNotTheHosts() throws IOException {
        supply("hid-1", "type=Battery", "status=Discharging", "scope=Device");
        assertThat(onBattery()).isFalse();
    }

    @Test
    void whatCannotBeReadIsNone() throws IOException {
        supply("odd");
        Files.createDirectories(dir.resolve("odd2/type"));
        Files.writeString(dir.resolve("file"), "x");
        assertThat(onBattery()).isFalse();
    }

    @Test
    void moreMemoryThanThereIsIsAShortage() {
        assertThat(new HostRoom(dir).shortage(Integer.MAX_VALUE / 4)).isPresent();
    }
}
