package banger.daemon.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KvmProbeTest {
    @TempDir
    Path dir;

    private Answers host = Answers.saying(0, "ok 3\n");

    private KvmProbe probe() throws IOException {
        var device = dir.resolve("kvm");
        if (!Files.exists(device)) Files.createFile(device);
        return new KvmProbe(Path.of("/shim"), host, dir.resolve("memory"), device);
    }

    private void age(Duration age) throws IOException {
        Files.setLastModifiedTime(
                dir.resolve("memory"), FileTime.from(Instant.now().minus(age)));
    }

    private long changed() throws IOException {
        return ((FileTime) Files.getAttribute(dir.resolve("kvm"), "unix:ctime")).toMillis();
    }

    @Test
    void aYesLastsForThisBootOfTheHost() throws IOException {
        assertThat(probe().answer().works()).isTrue();
        age(Duration.ofDays(30));
        assertThat(probe().answer().works()).isTrue();
        assertThat(host.asked).hasSize(1);
        assertThat(host.asked.getFirst()).containsExactly("/shim", "probe-kvm");
    }

    @Test
    void aNoLastsTenMinutes() throws IOException {
        host = Answers.saying(1, "failed stuck: no instruction in 2000 ms\n");
        var first = probe().answer();
        assertThat(first.works()).isFalse();
        assertThat(first.reason()).isEqualTo("KVM opens here but does not run a guest");
        age(Duration.ofMinutes(9));
        assertThat(probe().answer()).isEqualTo(first);
        assertThat(host.asked).hasSize(1);
        age(Duration.ofMinutes(11));
        assertThat(probe().answer()).isEqualTo(first);
        assertThat(host.asked).hasSize(2);
    }

    @Test
    void aChangeOfTheDeviceAsksAgain() throws IOException {
        probe().answer();
        var before = changed();
        // The kernel's clock for files has steps of some milliseconds.
        while (changed() == before) Files.setPosixFilePermissions(dir.resolve("kvm"), java.util.Set.of());
        probe().answer();
        assertThat(host.asked).hasSize(2);
        Files.delete(dir.resolve("kvm"));
        new KvmProbe(Path.of("/shim"), host, dir.resolve("memory"), dir.resolve("kvm")).answer();
        assertThat(host.asked).hasSize(3);
    }

    @Test
    void anotherBootAsksAgain() throws IOException {
        probe().answer();
        var memory = dir.resolve("memory");
        Files.writeString(
                memory,
                "00000000-0000-0000-0000-000000000000"
                        + Files.readString(memory).substring(36));
        probe().answer();
        assertThat(host.asked).hasSize(2);
    }

    @Test
    void aMemoryThatIsDamagedAsksAgain() throws IOException {
        for (var text : new String[] {"", "x", "x\ntrue\n", "\0\0\0"}) {
            Files.writeString(dir.resolve("memory"), text);
            assertThat(probe().answer().works()).isTrue();
        }
        assertThat(host.asked).hasSize(4);
        Files.write(dir.resolve("memory"), new byte[] {(byte) 0xff, (byte) 0xfe, '\n'});
        assertThat(probe().answer().works()).isTrue();
    }

    @Test
    void askingTheHardwareAsksItWhateverIsRemembered() throws IOException {
        probe().answer();
        probe().probe();
        assertThat(host.asked).hasSize(2);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "failed device: No such file | device | no /dev/kvm",
                "failed permission: Permission denied | permission | /dev/kvm: permission denied",
                "failed vcpu: x | vcpu | KVM opens here but does not run a guest",
                "failed version: 11 | version | KVM does not work: 11",
                "'' | '' | KVM does not work: status 1",
                "nonsense | nonsense | KVM does not work: status 1"
            })
    void everyFailureHasItsWords(String line, String step, String reason) throws IOException {
        host = Answers.saying(1, line + "\n");
        var answer = probe().answer();
        assertThat(answer.works()).isFalse();
        assertThat(answer.reason()).isEqualTo(reason);
        if (!step.isEmpty()) assertThat(answer.step()).isEqualTo(step);
        assertThat(probe().answer()).isEqualTo(answer);
    }
}
